/** A curve as text: values as faint braille dots, a smoothed line, labels on both axes. Pure. */
import { type BrailleCanvas, brailleCanvas } from './braille.js';
import { type AxisUnit, logarithmicTicks, tickLabels, ticks } from './ticks.js';

export interface Sample {
  readonly x: number;
  readonly y: number;
}

export interface PlotOptions {
  readonly columns: number;
  readonly rows: number;
  /** Whether the y-axis is logarithmic. @default false */
  readonly logarithmic?: boolean;
  /** Unit of the labels of the y-axis. @default 'number' */
  readonly unit?: AxisUnit;
  /** Values of another series over the same x, drawn as a smoothed dashed line below the curve. @default none */
  readonly other?: readonly Sample[];
  /** Rare values over the same x, each drawn as a mark above the curve. @default none */
  readonly marks?: readonly Sample[];
}

export type PlotPart = 'axis' | 'dots' | 'line' | 'other' | 'marks';

/** A mark, one that lies above the plot, and one that lies below it. ASCII, so that each is one cell wide everywhere. */
export const markSymbol = 'o';
const [aboveSymbol, belowSymbol] = ['^', 'v'];

/** A row from left to right. */
export type PlotRow = readonly { readonly part: PlotPart; readonly text: string }[];

/** Share of the samples over which the line is smoothed, to each side, and the minimum number of samples. */
const smoothing = 0.03;
const leastSmoothing = 4;
/** Share of the samples at each end that may lie outside the plot. */
const outliers = 0.02;

/** With fewer rows there is no line of marks above the labels of the x-axis. */
const rowsForMarks = 8;
/** Minimum width of a curve in cells, beside the labels of its axis. */
const leastWidth = 8;

/**
 * `rows` rows of `columns` characters; the last ones are the x-axis. Labels are round numbers at their positions. Samples must be
 * sorted by x. Samples that are not finite, or not positive on a logarithmic axis, are omitted.
 */
export function plot(samples: readonly Sample[], options: PlotOptions): PlotRow[] {
  const { columns, rows, logarithmic = false, unit = 'number' } = options;
  const scaled = (series: readonly Sample[] = []) =>
    series
      .map(({ x, y }) => ({ x, y: logarithmic ? Math.log10(y) : y }))
      .filter(({ x, y }) => Number.isFinite(x) && Number.isFinite(y));
  const points = scaled(samples);
  const other = scaled(options.other);
  const marks = scaled(options.marks);
  const axisRows = rows >= rowsForMarks ? 2 : 1;
  const plotRows = rows - axisRows;
  if (points.length === 0 || plotRows < 1 || columns < leastWidth) {
    return Array.from({ length: Math.max(0, rows) }, () => [
      { part: 'axis', text: ' '.repeat(Math.max(0, columns)) },
    ]);
  }
  const [low, high] = extentOf([points, other, marks]);
  const all = [points, other, marks].filter((series) => series.length > 0);
  const first = Math.min(...all.map((series) => series[0]?.x ?? 0));
  const last = Math.max(...all.map((series) => series.at(-1)?.x ?? 0));
  const labels = yLabels(low, high, plotRows, logarithmic, unit);
  const wanted = Math.max(0, ...labels.map((label) => label.length)) + 1;
  // If space is that narrow, the curve is more useful than the labels.
  const margin = columns - wanted >= leastWidth ? wanted : 1;
  const width = columns - margin;
  const place = ({ x, y }: Sample): readonly [number, number] => [
    last > first ? ((x - first) / (last - first)) * (2 * width - 1) : 0,
    // Clamp points outside the plot to just outside, because a line is drawn dot by dot.
    Math.min(4 * plotRows, Math.max(-1, ((high - y) / (high - low)) * (4 * plotRows - 1))),
  ];
  const [dots, line, dashes] = [1, 2, 3].map(() => brailleCanvas(width, plotRows));
  for (const point of points) dots!.dot(...place(point));
  drawn(line!, smoothed(points).map(place));
  drawn(dashes!, smoothed(other).map(place), dashDots);
  const symbols = symbolsOf(marks.map(place), width, plotRows);
  const layers: Layer[] = [
    { part: 'marks', character: (column, row) => symbols.get(row * width + column) ?? ' ' },
    { part: 'line', character: line!.character },
    { part: 'other', character: dashes!.character },
    { part: 'dots', character: dots!.character },
  ];
  const body = Array.from({ length: plotRows }, (_, row): PlotRow => {
    const label = (margin === wanted ? (labels[row] ?? '') : '').padStart(margin - 1);
    return [{ part: 'axis', text: `${label}${labels[row] ? '┤' : '│'}` }, ...cells(layers, row, width)];
  });
  const axis = xAxis(first, last, margin, width).slice(-axisRows);
  return [...body, ...axis.map((text): PlotRow => [{ part: 'axis', text }])];
}

/** The mean over each sample's neighbourhood. */
function smoothed(points: readonly Sample[]): Sample[] {
  const reach = Math.max(leastSmoothing, Math.floor(points.length * smoothing));
  const sums = [0];
  for (const { y } of points) sums.push((sums.at(-1) ?? 0) + y);
  return points.map(({ x }, i) => {
    const from = Math.max(0, i - reach);
    const to = Math.min(points.length, i + reach + 1);
    return { x, y: ((sums[to] ?? 0) - (sums[from] ?? 0)) / (to - from) };
  });
}

/** The range of the axis: that of the first series, and of others as far as they do not flatten it. */
function extentOf(series: readonly (readonly Sample[])[]): readonly [number, number] {
  const [own, ...others] = series.filter((each) => each.length > 0).map(extent);
  if (!own) return [0, 0];
  const [low, high] = own;
  const span = high - low;
  return [
    Math.min(low, ...others.map(([least]) => Math.max(least, low - span))),
    Math.max(high, ...others.map(([, most]) => Math.min(most, high + span))),
  ];
}

/** The range of nearly all samples. */
function extent(points: readonly Sample[]): readonly [number, number] {
  const sorted = points.map(({ y }) => y).sort((a, b) => a - b);
  const skip = Math.floor(sorted.length * outliers);
  const [low = 0, high = 0] = [sorted[skip], sorted[sorted.length - 1 - skip]];
  // Centre a constant curve.
  const room = low === high ? Math.max(1e-9, Math.abs(low) * 0.1) : 0;
  return [low - room, high + room];
}

/** Rows per label of the y-axis, and cells per label of the x-axis. */
const [rowsApart, cellsApart] = [3, 12];

/** One label or none for each row. */
function yLabels(low: number, high: number, rows: number, logarithmic: boolean, unit: AxisUnit): string[] {
  const most = Math.max(2, Math.floor(rows / rowsApart));
  const values = logarithmic
    ? logarithmicTicks(10 ** low, 10 ** high, most, unit)
    : ticks(low, high, most, unit);
  const texts = tickLabels(values, unit);
  const labels = Array.from({ length: rows }, () => '');
  for (const [i, value] of values.entries()) {
    const y = logarithmic ? Math.log10(value) : value;
    const row = Math.floor((((high - y) / (high - low)) * (4 * rows - 1) + 0.5) / 4);
    if (labels[row] === '') labels[row] = texts[i] ?? '';
  }
  return labels;
}

/** A line with marks, and below it their labels and the unit. */
export function xAxis(first: number, last: number, margin: number, width: number): string[] {
  const name = ' images';
  const most = Math.max(1, Math.floor(width / cellsApart));
  // Images are counted in whole numbers.
  const values = ticks(first, last, most).filter(Number.isInteger);
  const texts = tickLabels(values);
  const room = width - (width >= 3 * name.length ? name.length : 0);
  const marks = Array.from({ length: width }, () => '─');
  let line = '';
  for (const [i, value] of values.entries()) {
    const column = last > first ? Math.round(((value - first) / (last - first)) * (width - 1)) : 0;
    const text = texts[i] ?? '';
    const begin = Math.max(0, column - Math.floor(text.length / 2));
    marks[column] = '┬';
    if (begin < line.length + (line === '' ? 0 : 1) || begin + text.length > room) continue;
    line = line.padEnd(begin) + text;
  }
  if (room < width) line = line.padEnd(width - name.length) + name;
  return [
    `${margin > 0 ? `${' '.repeat(margin - 1)}└` : ''}${marks.join('')}`,
    `${' '.repeat(margin)}${line.padEnd(width)}`,
  ];
}

interface Layer {
  readonly part: PlotPart;
  /** The character of a cell; a space if it is empty. */
  character(column: number, row: number): string;
}

/** Length of a dash, and of the gap after it, in dots. */
const dashDots = 4;

function drawn(canvas: BrailleCanvas, course: readonly (readonly [number, number])[], dash = 0): void {
  for (const [i, here] of course.entries()) {
    const from = course[i - 1] ?? here;
    if (dash === 0 || Math.floor(here[0] / dash) % 2 === 0) canvas.line(from, here);
  }
}

/** The marks by cell; those outside the plot are at its edge. */
function symbolsOf(
  marks: readonly (readonly [number, number])[],
  width: number,
  rows: number,
): ReadonlyMap<number, string> {
  const symbols = new Map<number, string>();
  for (const [x, y] of marks) {
    const [column, row] = [Math.round(x) >> 1, Math.round(y) >> 2];
    const symbol = row < 0 ? aboveSymbol : row >= rows ? belowSymbol : markSymbol;
    symbols.set(Math.max(0, Math.min(rows - 1, row)) * width + column, symbol);
  }
  return symbols;
}

/** A cell shows only its uppermost layer, so that dots do not thicken a line. */
function cells(layers: readonly Layer[], row: number, width: number): PlotRow {
  const parts: { part: PlotPart; text: string }[] = [];
  for (let column = 0; column < width; column++) {
    const shown = layers.find(({ character }) => character(column, row) !== ' ');
    const part = shown?.part ?? 'dots';
    const text = shown?.character(column, row) ?? ' ';
    const last = parts.at(-1);
    if (last?.part === part) last.text += text;
    else parts.push({ part, text });
  }
  return parts;
}
