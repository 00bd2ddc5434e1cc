/** How large a terminal is. Pure. */

/** In character cells. */
export interface ScreenSize {
  readonly columns: number;
  readonly rows: number;
}

/** Of a terminal that does not tell its size, or says that it has none, as one does that has not been told it. */
export const assumedSize: ScreenSize = { columns: 80, rows: 24 };
/** No terminal has more, and nothing of ours is to be as large as what a wrong number says. */
const most = 2000;

/** A terminal's size; always positive integers. */
export function screenSizeOf({
  columns,
  rows,
}: {
  readonly columns?: number | undefined;
  readonly rows?: number | undefined;
}): ScreenSize {
  const known = (value: number | undefined, assumed: number) =>
    value !== undefined && Number.isFinite(value) && value >= 1 ? Math.min(most, Math.floor(value)) : assumed;
  return { columns: known(columns, assumedSize.columns), rows: known(rows, assumedSize.rows) };
}
