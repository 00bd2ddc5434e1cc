/** The keys, for the bar below and the help. */
import { fitting } from '../format.js';
import type { KeyHelp } from '../KeyList.js';

export interface DashboardKey extends KeyHelp {
  /** Only where the screen may tell the run what to do. */
  readonly controls?: boolean;
}

export const keyTable: readonly DashboardKey[] = [
  { key: 'q', short: 'quit safely', long: 'end: stop and keep, or throw away, or go on', controls: true },
  { key: 'p', short: 'pause', long: 'hold before the next step, and go on', controls: true },
  { key: 'c', short: 'checkpoint', long: 'write a checkpoint now', controls: true },
  { key: 's', short: 'sample', long: 'make new images now', controls: true },
  { key: 'r', short: 'reconstruct', long: 'make reconstructions now', controls: true },
  { key: '←→', short: 'metric', long: 'the metric of the curve; an earlier picture where one is enlarged' },
  { key: '↑↓', short: 'range', long: 'how much of the run the curve shows; lines of the log' },
  { key: 'y', short: 'log axis', long: 'logarithmic axis' },
  { key: '1-8', short: 'enlarge', long: 'one part on the whole screen; the same key or esc goes back' },
  { key: 'tab', short: 'next', long: 'the next part on the whole screen' },
  { key: 'l', short: 'log', long: 'all that has happened' },
  { key: '?', short: 'help', long: 'this page' },
];
const closing: DashboardKey = { key: 'q', short: 'close', long: 'close this screen; the run is not touched' };

/** Those that do something here. */
export function keysFor(controls: boolean): readonly DashboardKey[] {
  return controls ? keyTable : [closing, ...keyTable.filter((key) => !key.controls)];
}

/** The keys in at most `rows` lines. */
export function keyLines(controls: boolean, columns: number, rows: number): string[] {
  let rest = keysFor(controls).map(({ key, short }) => `${key} ${short}`);
  const lines: string[] = [];
  while (rest.length > 0 && lines.length < rows) {
    const line = fitting(rest, columns);
    if (line === '') break;
    lines.push(line);
    rest = rest.slice(line.trim().split('  ').length);
  }
  return lines;
}
