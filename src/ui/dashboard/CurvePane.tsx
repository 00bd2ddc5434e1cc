import { Text } from 'ink';
import { memo } from 'react';
import { CurveLines, type CurveScreen, titleOf } from './CurveLines.js';
import type { Point } from './history.js';
import { metrics, ranges } from './metrics.js';
import { Pane } from './Pane.js';
import type { ScreenState } from './screenState.js';

export interface CurvePaneProps {
  readonly history: readonly Point[];
  readonly screen: CurveScreen & Pick<ScreenState, 'metric'>;
  /** Height and width of the images. */
  readonly imageSize: number;
  /** Whether the terminal shows colours. */
  readonly colour: boolean;
  readonly columns: number;
  readonly rows: number;
}

/** One metric over the images seen. */
export const CurvePane = memo(function CurvePane(props: CurvePaneProps) {
  const { history, screen, imageSize, columns, rows } = props;
  const metric = metrics[screen.metric] ?? metrics[0]!;
  const range = ranges[screen.range] ?? 'all';
  const unit = [metric.unit, screen.logarithmic ? 'log' : '', range === 'all' ? '' : range];
  const title = titleOf(metric, history, imageSize);
  return (
    <Pane digit={1} title={title} note={unit.filter(Boolean).join(', ')} columns={columns} rows={rows}>
      {history.length === 0 ? (
        <Text dimColor> no step yet</Text>
      ) : (
        <CurveLines {...props} metric={metric} columns={columns - 2} rows={rows - 2} />
      )}
    </Pane>
  );
});
