/** Summaries of runs as text that fits a width. Pure. */
import { printable } from '../../base/messageText.js';
import type { ConfigDifference } from '../../config/configDifferences.js';
import type { RunSummary, ValidationSummary } from '../../streams/runs/runSummary.js';
import { ago, clock, count, figure } from '../../ui/format.js';
import { cut, filled, oneLine, widthOf } from '../../ui/text.js';

interface Column {
  readonly title: string;
  /** Numbers are aligned to the right. */
  readonly number: boolean;
  /** Columns with a high rank are left out first. */
  readonly rank: number;
  text(run: RunSummary, now: number): string;
}

const none = '-';
/** Maximum width of a name in cells. */
const longestName = 24;
const gap = '  ';

const columns: readonly Column[] = [
  { title: 'run', number: false, rank: 0, text: ({ name }) => nameText(name) },
  {
    title: 'status',
    number: false,
    rank: 1,
    text: ({ status }) => (status === 'unknown' ? 'no journal' : status),
  },
  { title: 'epochs', number: true, rank: 4, text: epochs },
  { title: 'steps', number: true, rank: 6, text: (run) => (isKnown(run) ? count(run.steps) : none) },
  { title: 'bits/dim', number: true, rank: 2, text: ({ best }) => bits(best) },
  { title: 'at epoch', number: true, rank: 3, text: ({ best }) => (best ? count(best.epoch + 1) : none) },
  { title: 'last', number: true, rank: 8, text: ({ validation }) => bits(validation) },
  { title: 'loss', number: true, rank: 9, text: ({ loss }) => (loss === null ? none : figure(loss)) },
  {
    title: 'images/s',
    number: true,
    rank: 7,
    text: ({ imagesPerSecond }) => (imagesPerSecond === null ? none : figure(imagesPerSecond)),
  },
  {
    title: 'trained',
    number: true,
    rank: 5,
    text: ({ sessions, secondsTrained }) => (sessions > 0 ? clock(secondsTrained) : none),
  },
  {
    title: 'active',
    number: true,
    rank: 10,
    text: ({ lastActivity }, now) => (lastActivity === null ? none : ago((now - lastActivity) / 1000)),
  },
];

/**
 * One line per run below a line of titles, at most `width` cells wide: columns that do not fit are left out, as are those in which
 * nothing is known of any run.
 * @returns the lines, and the titles of the columns that did not fit
 */
export function runTable(
  runs: readonly RunSummary[],
  width: number,
  now: number,
): { readonly lines: string[]; readonly omitted: string[] } {
  const all = columns
    .map((column) => ({ ...column, cells: runs.map((run) => column.text(run, now)) }))
    .filter(({ cells }) => cells.some((cell) => cell !== none))
    .map((column) => ({ ...column, width: Math.max(...[column.title, ...column.cells].map(widthOf)) }));
  const kept = new Set<string>();
  let room = width + gap.length;
  for (const column of [...all].sort((a, b) => a.rank - b.rank)) {
    room -= column.width + gap.length;
    if (room < 0 && kept.size > 0) room += column.width + gap.length;
    else kept.add(column.title);
  }
  const shown = all.filter(({ title }) => kept.has(title));
  const line = (cells: readonly string[]) => joined(cells, shown, width);
  return {
    lines: [
      line(shown.map(({ title }) => title)),
      ...runs.map((_, i) => line(shown.map(({ cells }) => cells[i]!))),
    ],
    omitted: all.filter(({ title }) => !kept.has(title)).map(({ title }) => title),
  };
}

/** The differing keys of configurations, with a column for each run; runs that do not fit follow in further tables. */
export function differenceTable(
  names: readonly string[],
  differences: readonly ConfigDifference[],
  width: number,
): string[] {
  const keyWidth = Math.max(0, ...differences.map(({ key }) => key.length));
  const runs = names.map((name, i) => {
    const cells = [nameText(name), ...differences.map(({ values }) => valueText(values[i]))];
    return { cells, number: false, width: Math.max(...cells.map(widthOf)) };
  });
  const lines: string[] = [];
  for (let first = 0; first < runs.length; ) {
    let [next, room] = [first, width - keyWidth];
    for (; next < runs.length; next += 1) {
      room -= gap.length + (runs[next]?.width ?? 0);
      if (room < 0 && next > first) break;
    }
    const block = [{ cells: ['', ...differences.map(({ key }) => key)], number: false, width: keyWidth }];
    block.push(...runs.slice(first, next));
    if (lines.length > 0) lines.push('');
    for (let row = 0; row <= differences.length; row += 1) {
      lines.push(
        joined(
          block.map(({ cells }) => cells[row]!),
          block,
          width,
        ),
      );
    }
    first = next;
  }
  return lines;
}

function joined(
  cells: readonly string[],
  shown: readonly { readonly number: boolean; readonly width: number }[],
  width: number,
): string {
  const padded = cells.map((cell, i) => {
    const { number = false, width: wide = 0 } = shown[i] ?? {};
    return number ? ' '.repeat(Math.max(0, wide - widthOf(cell))) + cell : filled(cell, wide);
  });
  return cut(padded.join(gap), width).trimEnd();
}

function nameText(name: string): string {
  return cut(oneLine(printable(name)), longestName);
}

function valueText(value: unknown): string {
  if (value === undefined) return none;
  return cut(oneLine(printable(typeof value === 'string' ? value : JSON.stringify(value))), longestName);
}

function isKnown({ sessions, steps }: RunSummary): boolean {
  return sessions > 0 || steps > 0;
}

function epochs(run: RunSummary): string {
  if (!isKnown(run)) return none;
  return run.epochsPlanned === null ? count(run.epochs) : `${count(run.epochs)}/${count(run.epochsPlanned)}`;
}

function bits(validation: ValidationSummary | null): string {
  return validation && Number.isFinite(validation.bitsPerDimension)
    ? validation.bitsPerDimension.toFixed(3)
    : none;
}
