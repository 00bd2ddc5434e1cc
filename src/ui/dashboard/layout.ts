/** Chooses the parts on the screen and their sizes in character cells. Pure. */
import type { ScreenSize } from '../screenSize.js';
import type { PaneName } from './screenState.js';

export interface Size {
  readonly columns: number;
  readonly rows: number;
}

export interface LayoutOptions {
  /** Number of latent groups. */
  readonly groups: number;
  /** Number of terms of the loss. */
  readonly terms: number;
  /** The part that fills the screen; null: all parts. */
  readonly pane: PaneName | null;
  /** Number of lines for all keys. */
  readonly keys: number;
  /** Number of lines for the notice above the keys. */
  readonly notice: number;
}

export interface Layout {
  /** Columns of parts from left to right, each from top to bottom. */
  readonly stacks: readonly (readonly (Size & { readonly name: PaneName })[])[];
  readonly headerRows: number;
  readonly logRows: number;
  readonly noticeRows: number;
  readonly keyRows: number;
}

/** Minimum width for two columns of parts. */
const leastForTwo = 90;
const leastMain = 3;
/** Minimum size for parts; a smaller screen shows only lines. */
const least: Size = { columns: 30, rows: 10 };

/**
 * Uses the whole screen except its last line, where some terminals scroll; null if it is too small for parts. A notice takes lines
 * from the log, or else from the keys, so that nothing moves when it appears or disappears; only without both does it take lines
 * from the parts.
 */
export function layoutOf(
  screen: ScreenSize,
  { groups, terms, pane, keys, notice }: LayoutOptions,
): Layout | null {
  if (screen.columns < least.columns || screen.rows < least.rows) return null;
  const { columns } = screen;
  const lines = screen.rows - 1;
  const headerRows = 2;
  const footRows = Math.min(keys, lines < 14 ? 1 : 3);
  const ownLog = pane === null && lines >= 27 ? Math.min(6, Math.floor((lines - 21) / 4) + 1) : 0;
  const noticeRows = Math.min(notice, lines - headerRows - leastMain - 1);
  const logRows = Math.max(0, ownLog - noticeRows);
  const keyRows = Math.max(noticeRows > ownLog ? 1 : footRows, footRows - Math.max(0, noticeRows - ownLog));
  const main = Math.max(leastMain, lines - headerRows - logRows - noticeRows - keyRows);
  const shownKeys = Math.max(0, lines - headerRows - main - logRows - noticeRows);
  const rest = { headerRows, logRows, noticeRows, keyRows: Math.min(keyRows, shownKeys) };
  return {
    ...rest,
    stacks: pane === null ? overview(columns, main, groups, terms) : [[{ name: pane, columns, rows: main }]],
  };
}

function overview(columns: number, main: number, groups: number, terms: number): Layout['stacks'] {
  const groupRows = Math.min(groups + 2, Math.max(4, Math.floor(main * 0.3)));
  if (columns < leastForTwo || main < 15) {
    const below: { name: PaneName; rows: number }[] = [];
    if (main >= 17) below.push({ name: 'health', rows: 8 });
    if (main >= 21 + groupRows) below.push({ name: 'groups', rows: groupRows });
    const curve = main - below.reduce((sum, each) => sum + each.rows, 0);
    return [stack(columns, [{ name: 'curve', rows: curve }, ...below])];
  }
  const left = Math.ceil(columns * 0.54);
  const termRows = main >= 20 ? terms + 2 : 0;
  const health = main >= 22 ? 8 : 7;
  const pictures = main - health;
  const samples = pictures >= 10 ? Math.floor(pictures / 2) : 0;
  return [
    stack(left, [
      { name: 'curve', rows: main - groupRows - termRows },
      { name: 'groups', rows: groupRows },
      { name: 'terms', rows: termRows },
    ]),
    stack(columns - left, [
      { name: 'reconstructions', rows: pictures - samples },
      { name: 'samples', rows: samples },
      { name: 'health', rows: health },
    ]),
  ];
}

function stack(columns: number, parts: readonly { name: PaneName; rows: number }[]) {
  return parts.filter(({ rows }) => rows > 2).map((part) => ({ ...part, columns }));
}
