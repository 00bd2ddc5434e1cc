/** Queries to a terminal, and its answers, which arrive among the keys. Pure. */

/** The answers so far. */
export interface TerminalAnswers {
  /** Whether the last query, which every terminal answers, has been answered: no more answers will follow. */
  readonly complete: boolean;
  readonly kitty: boolean;
  readonly sixel: boolean;
  /** Size of a character cell in pixels. */
  readonly cell?: { readonly width: number; readonly height: number };
  readonly sixelColours?: number;
}

export const noAnswers: TerminalAnswers = { complete: false, kitty: false, sixel: false };

/** Queries the cell size, the sixel colour registers, and the device attributes, which show whether it supports sixels. */
export const plainQuery = '\u001b[16t\u001b[?1;1;0S\u001b[c';
/** Queries whether the terminal would show this picture of one pixel. */
export const queryWithKitty = `\u001b_Gi=31,s=1,v=1,a=q,t=d,f=24;AAAA\u001b\\${plainQuery}`;

/** Matches answers; no key sends any of them. */
const answer =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: answers consist of them
  /\u001b_G(?<kitty>[^\u001b]*)\u001b\\|\u001b\[\?(?<attributes>[\d;]*)c|\u001b\[\?(?<registers>[\d;]*)S|\u001b\[6;(?<cell>\d+;\d+)t/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: answers consist of them
const begun = /\u001b(?:_(?:G[^\u001b]*\u001b?)?|\[(?:\?[\d;]*|6(?:;\d*){0,2})?)?$/;

export interface Sifted {
  /** The typed keys. */
  readonly keys: string;
  readonly answers: TerminalAnswers;
  /** Number of answers to the last query. */
  readonly completed: number;
  /** The rest, which may be the beginning of an answer. */
  readonly rest: string;
}

/** Separates answers from keys. */
export function sift(input: string, before: TerminalAnswers): Sifted {
  let [answers, completed] = [before, 0];
  for (const { groups = {} } of input.matchAll(answer)) {
    const { kitty, attributes, registers, cell } = groups;
    if (kitty !== undefined) answers = { ...answers, kitty: kitty.endsWith(';OK') };
    if (attributes !== undefined) {
      completed += 1;
      answers = { ...answers, complete: true, sixel: attributes.split(';').slice(1).includes('4') };
    }
    if (registers !== undefined) {
      const [item, status, count = 0] = registers.split(';').map(Number);
      if (item === 1 && status === 0 && count >= 2)
        answers = { ...answers, sixelColours: Math.min(256, count) };
    }
    const [height = 0, width = 0] = (cell ?? '').split(';').map(Number);
    if (width > 0 && height > 0) answers = { ...answers, cell: { width, height } };
  }
  const typed = input.replaceAll(answer, '');
  const rest = begun.exec(typed)?.[0] ?? '';
  return { keys: typed.slice(0, typed.length - rest.length), answers, completed, rest };
}
