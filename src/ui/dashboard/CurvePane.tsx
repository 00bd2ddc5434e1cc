import { Text } from 'ink';
import { memo } from 'react';
import { figure } from '../format.js';
import { Raw } from '../Raw.js';
import { type Point, recentMean } from './history.js';
import { inRange, metrics, ranges } from './metrics.js';
import { Pane } from './Pane.js';
import { type PlotPart, plot } from './plot.js';
import type { ScreenState } from './screenState.js';

export interface CurvePaneProps {
  readonly history: readonly Point[];
  readonly screen: Pick<ScreenState, 'metric' | 'range' | 'logarithmic'>;
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

/** One metric over the images seen: each step as a dot, and their smoothed course. */
export const CurvePane = memo(function CurvePane(props: CurvePaneProps) {
  const { history, screen, imageSize, colour, columns, rows } = props;
  const metric = metrics[screen.metric] ?? metrics[0]!;
  const range = ranges[screen.range] ?? 'all';
  const samples = inRange(history, range).map((point) => ({
    x: point.imagesSeen,
    y: metric.value(point, imageSize),
  }));
  const now = recentMean(history, (point) => metric.value(point, imageSize), 20);
  const style = colour ? coloured : styles;
  const lines = plot(samples, { columns: columns - 2, rows: rows - 2, logarithmic: screen.logarithmic }).map(
    (parts) => parts.map(({ part, text }) => `${style[part]}${text}${plain}`).join(''),
  );
  const unit = [metric.unit, screen.logarithmic ? 'log' : '', range === 'all' ? '' : range];
  const title = now === null ? metric.label : `${metric.label} ${figure(now)}`;
  return (
    <Pane digit={1} title={title} note={unit.filter(Boolean).join(', ')} columns={columns} rows={rows}>
      {samples.length === 0 ? (
        <Text dimColor>no step yet</Text>
      ) : (
        <Raw lines={lines} columns={columns - 2} rows={rows - 2} />
      )}
    </Pane>
  );
});
