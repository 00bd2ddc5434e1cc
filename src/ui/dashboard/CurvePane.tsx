import { Text } from 'ink';
import { memo } from 'react';
import { figure } from '../format.js';
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
  readonly columns: number;
  readonly rows: number;
}

const styles: Record<PlotPart, object> = {
  axis: { dimColor: true },
  dots: { dimColor: true },
  line: { color: 'cyan', bold: true },
};

/** One metric over the images seen: each step as a dot, and their smoothed course. */
export const CurvePane = memo(function CurvePane(props: CurvePaneProps) {
  const { history, screen, imageSize, columns, rows } = props;
  const metric = metrics[screen.metric] ?? metrics[0]!;
  const range = ranges[screen.range] ?? 'all';
  const samples = inRange(history, range).map((point) => ({
    x: point.imagesSeen,
    y: metric.value(point, imageSize),
  }));
  const now = recentMean(history, (point) => metric.value(point, imageSize), 20);
  const lines = plot(samples, { columns: columns - 2, rows: rows - 2, logarithmic: screen.logarithmic });
  const unit = [metric.unit, screen.logarithmic ? 'log' : '', range === 'all' ? '' : range];
  const title = now === null ? metric.label : `${metric.label} ${figure(now)}`;
  return (
    <Pane digit={1} title={title} note={unit.filter(Boolean).join(', ')} columns={columns} rows={rows}>
      {samples.length === 0 ? (
        <Text dimColor>no step yet</Text>
      ) : (
        lines.map((parts, row) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a row is known by its place only
          <Text key={row} wrap="truncate">
            {parts.map(({ part, text }, i) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: so is a part of it
              <Text key={i} {...styles[part]}>
                {text}
              </Text>
            ))}
          </Text>
        ))
      )}
    </Pane>
  );
});
