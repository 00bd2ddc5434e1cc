import { isNarrow, widthOf } from './text.js';

/** Character cells of a line, from `column` on. */
export interface Stretch {
  readonly column: number;
  readonly columns: number;
}

/** Parameters that set a style, and those that end it. */
const endings: readonly (readonly [RegExp, string])[] = [
  [/^[12]$/, '22'],
  [/^3$/, '23'],
  [/^4$/, '24'],
  [/^7$/, '27'],
  [/^9$/, '29'],
  [/^(3[0-8]|9[0-7])(;|$)/, '39'],
  [/^(4[0-8]|10[0-7])(;|$)/, '49'],
];
/** A style, another escape sequence, or text. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences consist of them
const tokens = /\u001b\[([\d;]*)m|\u001b(?:\[[^@-~]*[@-~])?|[^\u001b]+/g;

/**
 * The uncovered parts of a styled line: before, between and after the covered stretches, which must be sorted from left to right.
 * Each part starts with the styles in effect there. Pure.
 */
export function lineAround(line: string, covered: readonly Stretch[]): string[] {
  const pieces = [''];
  let styles: Style[] = [];
  let column = 0;
  const isCovered = () => column >= (covered[pieces.length - 1]?.column ?? Number.POSITIVE_INFINITY);
  const add = (text: string) => {
    if (!isCovered()) pieces.push(pieces.pop() + text);
  };
  for (const [token, parameters] of line.matchAll(tokens)) {
    if (parameters !== undefined) {
      styles = withStyle(styles, token, parameters);
      add(token);
    } else if (token.startsWith('\u001b')) add(token);
    else {
      for (const { character, width } of charactersOf(token)) {
        const cover = covered[pieces.length - 1];
        if (cover && column >= cover.column + cover.columns)
          pieces.push(styles.map((each) => each.token).join(''));
        add(character);
        column += width;
      }
    }
  }
  while (pieces.length <= covered.length) pieces.push('');
  return pieces;
}

interface Style {
  readonly token: string;
  /** Parameters that end the style. */
  readonly ending: string;
}

function withStyle(styles: readonly Style[], token: string, parameters: string): Style[] {
  if (parameters === '' || parameters === '0') return [];
  const open = styles.filter(({ ending }) => ending !== parameters);
  if (endings.some(([, ending]) => ending === parameters)) return open;
  return [...open, { token, ending: endings.find(([chosen]) => chosen.test(parameters))?.[1] ?? '0' }];
}

function charactersOf(text: string): { character: string; width: number }[] {
  if (isNarrow(text)) return Array.from(text, (character) => ({ character, width: 1 }));
  return Array.from(new Intl.Segmenter().segment(text), ({ segment }) => ({
    character: segment,
    width: widthOf(segment),
  }));
}
