import { Box, Text } from 'ink';
import { Raw } from '../Raw.js';
import { cut } from '../text.js';
import type { ComparedRun } from './comparison.js';
import { type Point, recentMean } from './history.js';
import { imageValuesOf } from './imageValuesOf.js';
import { inRange, type Metric, metricFigure, ranges } from './metrics.js';
import { type PlotPart, plot } from './plot.js';
import type { ScreenState } from './screenState.js';
import type { ValidationPoint } from './validations.js';

export type CurveScreen = Pick<ScreenState, 'range' | 'logarithmic'>;

export interface CurveLinesProps {
  readonly history: readonly Point[];
  readonly validations: readonly ValidationPoint[];
  /** A second run, whose curve is shown below; null: none. */
  readonly compare: ComparedRun | null;
  readonly metric: Metric;
  readonly screen: CurveScreen;
  /** Number of values of an image: pixels times their colours. */
  readonly imageValues: number;
  /** Whether the terminal shows colours. */
  readonly colour: boolean;
  readonly columns: number;
  readonly rows: number;
}

const faint = '\u001b[2m';
const plain = '\u001b[0m';
const styles: Record<PlotPart, string> = {
  axis: faint,
  dots: faint,
  line: '\u001b[1m',
  other: plain,
  marks: '\u001b[1m',
};
/** As in `curveColours`. */
const coloured: Record<PlotPart, string> = {
  ...styles,
  line: '\u001b[1;36m',
  other: '\u001b[32m',
  marks: '\u001b[1;35m',
};

/**
 * A metric over the images seen: each step as a dot, and a smoothed line; validations as marks; the line of a second run dashed,
 * so that they can be told apart without colours.
 */
export function CurveLines(props: CurveLinesProps) {
  const { history, validations, compare, metric, screen, imageValues, colour, columns, rows } = props;
  const range = ranges[screen.range] ?? 'all';
  const curve = (points: readonly Point[], values = imageValues) =>
    points.map((point) => ({ x: point.imagesSeen, y: metric.value(point, values) }));
  const samples = curve(inRange(history, range));
  const [first = 0, last = 0] = [samples[0]?.x, samples.at(-1)?.x];
  const within = <P extends { readonly imagesSeen: number }>(points: readonly P[], end = last) =>
    points.filter(({ imagesSeen }) => imagesSeen >= first && imagesSeen <= end);
  const marks = within(metric.validation ? validations : []).map((point) => ({
    x: point.imagesSeen,
    y: metric.validation?.(point, imageValues) ?? Number.NaN,
  }));
  // Only the whole history shows how the other run went on.
  const end = range === 'all' ? Number.POSITIVE_INFINITY : last;
  const other = compare ? curve(within(compare.view.history, end), imageValuesOf(compare.view)) : [];
  const style = colour ? coloured : styles;
  const { axis: unit = 'number' } = metric;
  const options = { columns, rows, logarithmic: screen.logarithmic, unit, marks, other };
  const lines = plot(samples, options).map((parts) =>
    parts.map(({ part, text }) => `${style[part]}${text}${plain}`).join(''),
  );
  return <Raw lines={lines} columns={columns} rows={rows} />;
}

/** Name and latest value of a metric. */
export function titleOf(metric: Metric, history: readonly Point[], imageValues: number): string {
  const now = recentMean(history, (point) => metric.value(point, imageValues), 20);
  return now === null ? metric.label : `${metric.label} ${metricFigure(metric, now)}`;
}

export interface CurveGridProps extends Omit<CurveLinesProps, 'metric'> {
  /** Metrics; as many as fit are shown, from the first. */
  readonly metrics: readonly Metric[];
}

/** Smallest useful size of a curve in cells, including its title. */
const [leastColumns, leastRows] = [28, 5];

/** Several metrics, each with its title, side by side and in rows. */
export function CurveGrid({ metrics, columns, rows, ...props }: CurveGridProps) {
  const across = Math.min(
    metrics.length,
    Math.max(1, Math.floor(columns / leastColumns)),
    columns >= 150 ? 3 : 2,
  );
  // A nearly empty row would take height from the others.
  const whole = Math.max(1, Math.round(metrics.length / across - 0.1));
  const down = Math.min(whole, Math.floor(rows / leastRows));
  if (down < 1 || columns < leastColumns) return null;
  const size = { columns: Math.floor(columns / across), rows: Math.floor(rows / down) };
  return Array.from({ length: down }, (_, row) => metrics.slice(row * across, (row + 1) * across)).map(
    (some) => (
      <Box key={some[0]?.label} height={size.rows}>
        {some.map((metric) => (
          <Box key={metric.label} flexDirection="column" width={size.columns} height={size.rows}>
            <Text bold wrap="truncate">
              {cut(` ${titleOf(metric, props.history, props.imageValues)}`, size.columns)}
            </Text>
            <CurveLines {...props} metric={metric} columns={size.columns - 1} rows={size.rows - 1} />
          </Box>
        ))}
      </Box>
    ),
  );
}
