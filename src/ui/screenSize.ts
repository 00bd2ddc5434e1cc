/** The size of a terminal. Pure. */

/** Size in character cells. */
export interface ScreenSize {
  readonly columns: number;
  readonly rows: number;
}

/** Size assumed for a terminal that reports none or 0 x 0. */
export const assumedSize: ScreenSize = { columns: 80, rows: 24 };
/** Upper limit, so that a wrong size does not allocate too much memory. */
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
