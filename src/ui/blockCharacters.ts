/** Draws numbers with block characters. */

const eighths = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];
const levels = '▁▂▃▄▅▆▇█';

/** A bar for a share between 0 and 1, at most `width` cells long, to an eighth of a cell. */
export function bar(share: number, width: number): string {
  const cells = Math.min(1, Math.max(0, Number.isFinite(share) ? share : 0)) * width;
  const full = Math.floor(cells + 1e-9);
  return '█'.repeat(full) + (full < width ? (eighths[Math.floor((cells - full) * 8)] ?? '') : '');
}

/** A bar on a background of the full width. */
export function barOnTrack(share: number, width: number): string {
  return bar(share, width).padEnd(width, '░');
}

/** The last `width` values as small columns, from the lowest to the highest; a gap for a value that is not finite. */
export function sparkline(values: readonly number[], width: number): string {
  const last = values.slice(-width);
  const finite = last.filter(Number.isFinite);
  const [low, high] = [Math.min(...finite), Math.max(...finite)];
  const level = (value: number) =>
    high > low ? Math.min(levels.length - 1, Math.floor(((value - low) / (high - low)) * levels.length)) : 0;
  return last.map((value) => (Number.isFinite(value) ? levels.charAt(level(value)) : ' ')).join('');
}
