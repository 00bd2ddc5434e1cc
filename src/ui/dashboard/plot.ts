/** A curve as text: the values as faint dots of braille, their smoothed course as a line, labels at both axes. Pure. */
import { figure } from '../format.js';

export interface Sample {
  readonly x: number;
  readonly y: number;
}

export interface PlotOptions {
  readonly columns: number;
  readonly rows: number;
  /** @default false */
  readonly logarithmic?: boolean;
  /** Whether single values are shown behind the smoothed line. @default true */
  readonly dots?: boolean;
}

export type PlotPart = 'axis' | 'dots' | 'line';

/** A row from left to right. */
export type PlotRow = readonly { readonly part: PlotPart; readonly text: string }[];

/** Share of the samples over which the line is smoothed, to each side, and the number that it is at least. */
const smoothing = 0.03;
const leastSmoothing = 4;
/** Share of the samples at each end that may lie outside the picture. */
const outliers = 0.02;

/**
 * `rows` rows of `columns` characters; the last one labels the x-axis. Samples must be in the order of their x. Those
 * that are not finite, and on a logarithmic axis not positive, are left out.
 */
export function plot(samples: readonly Sample[], options: PlotOptions): PlotRow[] {
  const { columns, rows, logarithmic = false, dots = true } = options;
  const scaled = logarithmic ? Math.log10 : (y: number) => y;
  const points = samples
    .map(({ x, y }) => ({ x, y: scaled(y) }))
    .filter(({ x, y }) => Number.isFinite(x) && Number.isFinite(y));
  const plotRows = rows - 1;
  if (points.length === 0 || plotRows < 1) {
    return Array.from({ length: rows }, () => [{ part: 'axis', text: ' '.repeat(columns) }]);
  }
  const smooth = smoothed(points);
  const [low, high] = extent(points);
  const [first, last] = [points[0]?.x ?? 0, points.at(-1)?.x ?? 0];
  const labels = yLabels(low, high, plotRows, logarithmic);
  const margin = Math.max(...labels.map((label) => label.length)) + 1;
  const width = columns - margin;
  const place = ({ x, y }: Sample): readonly [number, number] => [
    last > first ? ((x - first) / (last - first)) * (2 * width - 1) : 0,
    // What lies outside is drawn just there: a line is walked dot by dot.
    Math.min(4 * plotRows, Math.max(-1, ((high - y) / (high - low)) * (4 * plotRows - 1))),
  ];
  const behind = canvas(width, plotRows);
  const front = canvas(width, plotRows);
  if (dots) for (const point of points) behind.dot(...place(point));
  const course = smooth.map(place);
  for (const [i, here] of course.entries()) front.line(course[i - 1] ?? here, here);
  const body = Array.from({ length: plotRows }, (_, row): PlotRow => {
    const label = (labels[row] ?? '').padStart(margin - 1);
    return [
      { part: 'axis', text: `${label}${labels[row] ? '┤' : '│'}` },
      ...cells(behind, front, row, width),
    ];
  });
  return [...body, [{ part: 'axis', text: xLabels(first, last, margin, width) }]];
}

/** The mean of each sample's neighbourhood. */
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

/** From the least to the greatest that is shown: nearly all of the samples. */
function extent(points: readonly Sample[]): readonly [number, number] {
  const sorted = points.map(({ y }) => y).sort((a, b) => a - b);
  const skip = Math.floor(sorted.length * outliers);
  const [low = 0, high = 0] = [sorted[skip], sorted[sorted.length - 1 - skip]];
  // A curve that does not move lies in the middle.
  const room = low === high ? Math.max(1e-9, Math.abs(low) * 0.1) : 0;
  return [low - room, high + room];
}

/** One label or none for each row; every third or so has one, and the first and the last do. */
function yLabels(low: number, high: number, rows: number, logarithmic: boolean): string[] {
  const every = Math.max(1, Math.round(rows / Math.max(1, Math.floor(rows / 3))));
  const valueAt = (row: number) => high - ((high - low) * (row + 0.5)) / rows;
  const value = (y: number) => (logarithmic ? 10 ** y : y);
  const labels = Array.from({ length: rows }, (_, row) =>
    row % every === 0 || row === rows - 1 ? figure(value(valueAt(row))) : '',
  );
  // Close together, or the same by rounding: the first of them says enough.
  return labels.map((label, row) => (label !== '' && labels.slice(0, row).includes(label) ? '' : label));
}

function xLabels(first: number, last: number, margin: number, width: number): string {
  const from = short(first);
  const to = `${short(last)} images`;
  const gap = width - from.length - to.length;
  if (gap < 1) return ' '.repeat(margin + width);
  const middle = short((first + last) / 2);
  const left = Math.floor((width - middle.length) / 2) - from.length;
  const right = gap - left - middle.length;
  const line =
    left > 1 && right > 1
      ? `${from}${' '.repeat(left)}${middle}${' '.repeat(right)}${to}`
      : `${from}${' '.repeat(gap)}${to}`;
  return `${' '.repeat(margin)}${line}`;
}

function short(images: number): string {
  if (images < 10_000) return String(Math.round(images));
  return images < 1e7 ? `${Math.round(images / 1000)}k` : `${(images / 1e6).toFixed(1)}M`;
}

/** Where a cell has some of the line it shows that alone: what is faint must not thicken it. */
function cells(behind: Canvas, front: Canvas, row: number, width: number): PlotRow {
  const parts: { part: PlotPart; text: string }[] = [];
  for (let column = 0; column < width; column++) {
    const line = front.character(column, row);
    const part = line === ' ' ? 'dots' : 'line';
    const text = line === ' ' ? behind.character(column, row) : line;
    const last = parts.at(-1);
    if (last?.part === part) last.text += text;
    else parts.push({ part, text });
  }
  return parts;
}

interface Canvas {
  /** In dots from the upper left; those outside are left out. */
  dot(x: number, y: number): void;
  line(from: readonly [number, number], to: readonly [number, number]): void;
  character(column: number, row: number): string;
}

/** Bits of a braille character's two by four dots, row by row. */
const bits = [
  [0x01, 0x08],
  [0x02, 0x10],
  [0x04, 0x20],
  [0x40, 0x80],
] as const;

function canvas(columns: number, rows: number): Canvas {
  const masks = new Uint8Array(columns * rows);
  const dot = (x: number, y: number) => {
    const [left, top] = [Math.round(x), Math.round(y)];
    if (left < 0 || top < 0 || left >= 2 * columns || top >= 4 * rows) return;
    masks[(top >> 2) * columns + (left >> 1)]! |= bits[top & 3]![left & 1]!;
  };
  return {
    dot,
    line([x0, y0], [x1, y1]) {
      const steps = Math.max(1, Math.ceil(Math.max(Math.abs(x1 - x0), Math.abs(y1 - y0))));
      for (let i = 0; i <= steps; i++) dot(x0 + ((x1 - x0) * i) / steps, y0 + ((y1 - y0) * i) / steps);
    },
    character(column, row) {
      const mask = masks[row * columns + column] ?? 0;
      return mask === 0 ? ' ' : String.fromCharCode(0x2800 + mask);
    },
  };
}
