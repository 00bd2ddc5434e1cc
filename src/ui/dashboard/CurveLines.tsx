import { Box, Text } from 'ink';
import { Raw } from '../Raw.js';
import { cut } from '../text.js';
import { type Point, recentMean } from './history.js';
import { inRange, type Metric, metricFigure, ranges } from './metrics.js';
import { type PlotPart, plot } from './plot.js';
import type { ScreenState } from './screenState.js';

export type CurveScreen = Pick<ScreenState, 'range' | 'logarithmic'>;

export interface CurveLinesProps {
  readonly history: readonly Point[];
  readonly metric: Metric;
  readonly screen: CurveScreen;
  /** Height and width of the images. */
  readonly imageSize: number;
  /** Whether the terminal shows colours. */
  readonly colour: boolean;
  readonly columns: number;
  readonly rows: number;
}

const faint = '\u001b[2m';
const styles: Record<PlotPart, string> = { axis: faint, dots: faint, line: '\u001b[1m' };
const coloured: Record<PlotPart, string> = { ...styles, line: '\u001b[1;36m' };
const plain = '\u001b[0m';

/** A metric over the images seen: each step as a dot, and a smoothed line. */
export function CurveLines(props: CurveLinesProps) {
  const { history, metric, screen, imageSize, colour, columns, rows } = props;
  const samples = inRange(history, ranges[screen.range] ?? 'all').map((point) => ({
    x: point.imagesSeen,
    y: metric.value(point, imageSize),
  }));
  const style = colour ? coloured : styles;
  const { axis = 'number' } = metric;
  const lines = plot(samples, { columns, rows, logarithmic: screen.logarithmic, unit: axis }).map((parts) =>
    parts.map(({ part, text }) => `${style[part]}${text}${plain}`).join(''),
  );
  return <Raw lines={lines} columns={columns} rows={rows} />;
}

/** Name and latest value of a metric. */
export function titleOf(metric: Metric, history: readonly Point[], imageSize: number): string {
  const now = recentMean(history, (point) => metric.value(point, imageSize), 20);
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
              {cut(` ${titleOf(metric, props.history, props.imageSize)}`, size.columns)}
            </Text>
            <CurveLines {...props} metric={metric} columns={size.columns - 1} rows={size.rows - 1} />
          </Box>
        ))}
      </Box>
    ),
  );
}
