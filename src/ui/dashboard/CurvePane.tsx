import { Text } from 'ink';
import { memo } from 'react';
import { CurveLegend, legendLines, legendParts, legendRows } from './CurveLegend.js';
import { CurveLines, type CurveLinesProps, type CurveScreen, titleOf } from './CurveLines.js';
import { metrics, ranges } from './metrics.js';
import { Pane } from './Pane.js';
import type { ScreenState } from './screenState.js';

export interface CurvePaneProps extends Omit<CurveLinesProps, 'metric' | 'screen'> {
  /** Name of the run. */
  readonly name: string;
  readonly screen: CurveScreen & Pick<ScreenState, 'metric'>;
}

/** One metric over the images seen, and what the validations say about it. */
export const CurvePane = memo(function CurvePane(props: CurvePaneProps) {
  const { history, screen, imageValues, columns, rows } = props;
  const metric = metrics[screen.metric] ?? metrics[0]!;
  const range = ranges[screen.range] ?? 'all';
  const unit = [metric.unit, screen.logarithmic ? 'log' : '', range === 'all' ? '' : range];
  const title = titleOf(metric, history, imageValues);
  const most = legendRows(rows - 2);
  const legend = legendLines(legendParts({ ...props, metric }), columns - 2, most);
  return (
    <Pane digit={1} title={title} note={unit.filter(Boolean).join(', ')} columns={columns} rows={rows}>
      {history.length === 0 ? (
        <Text dimColor> no step yet</Text>
      ) : (
        <>
          <CurveLegend lines={legend} colour={props.colour} />
          <CurveLines {...props} metric={metric} columns={columns - 2} rows={rows - 2 - legend.length} />
        </>
      )}
    </Pane>
  );
});
