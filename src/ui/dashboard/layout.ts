/** Which parts are on the screen, and how large they are, in character cells. */
import type { ScreenSize } from '../screenSize.js';
import type { PaneName } from './screenState.js';

export interface Size {
  readonly columns: number;
  readonly rows: number;
}

export interface Layout {
  /** Columns of parts from left to right, each from top to bottom. */
  readonly stacks: readonly (readonly (Size & { readonly name: PaneName })[])[];
  readonly logRows: number;
  readonly keyRows: number;
}

const headerRows = 2;
const widestNarrow = 90;

/** `groups`: latent groups; `pane`: the one that fills the screen. */
export function layoutOf({ columns, rows }: ScreenSize, groups: number, pane: PaneName | null): Layout {
  const keyRows = rows < 20 ? 1 : keyRowsAt(columns);
  const logRows = pane === null && rows >= 28 ? Math.min(6, Math.floor((rows - 22) / 4) + 1) : 0;
  const main = Math.max(3, rows - headerRows - keyRows - logRows);
  const rest = { logRows, keyRows };
  if (pane !== null) return { ...rest, stacks: [[{ name: pane, columns, rows: main }]] };
  const groupRows = Math.min(groups + 2, Math.max(4, Math.floor(main * 0.3)));
  if (columns < widestNarrow || main < 15) {
    const below: { name: PaneName; rows: number }[] = [];
    if (main >= 17) below.push({ name: 'health', rows: 8 });
    if (main >= 21 + groupRows) below.push({ name: 'groups', rows: groupRows });
    const curve = main - below.reduce((sum, each) => sum + each.rows, 0);
    return { ...rest, stacks: [stack(columns, [{ name: 'curve', rows: curve }, ...below])] };
  }
  const left = Math.ceil(columns * 0.54);
  const terms = main >= 20 ? 6 : 0;
  const health = main >= 22 ? 8 : 7;
  const pictures = main - health;
  const samples = pictures >= 10 ? Math.floor(pictures / 2) : 0;
  return {
    ...rest,
    stacks: [
      stack(left, [
        { name: 'curve', rows: main - groupRows - terms },
        { name: 'groups', rows: groupRows },
        { name: 'terms', rows: terms },
      ]),
      stack(columns - left, [
        { name: 'reconstructions', rows: pictures - samples },
        { name: 'samples', rows: samples },
        { name: 'health', rows: health },
      ]),
    ],
  };
}

/** Lines that all keys take. */
export function keyRowsAt(columns: number): number {
  if (columns < 75) return 3;
  return columns < 130 ? 2 : 1;
}

function stack(columns: number, parts: readonly { name: PaneName; rows: number }[]) {
  return parts.filter(({ rows }) => rows > 2).map((part) => ({ ...part, columns }));
}
