/** A second run, whose curves are shown below those of the first. */
import { type Point, recentMean } from './history.js';
import { imageValuesOf } from './imageValuesOf.js';
import { type Metric, metricFigure } from './metrics.js';
import type { RunView } from './runView.js';

/** A run to compare with. */
export interface ComparedRun {
  /** Name of the run. */
  readonly name: string;
  /** State of the run. */
  readonly view: RunView;
}

/** The points of a history up to a number of images seen. */
function until(history: readonly Point[], imagesSeen: number): readonly Point[] {
  return history.filter((point) => point.imagesSeen <= imagesSeen);
}

/**
 * What a run's metric was when it had seen as many images, in words: `4,950 here`; at its last step if it ended before.
 * @param imagesSeen images that the first run has seen
 */
export function valueThere({ view }: ComparedRun, metric: Metric, imagesSeen: number): string {
  const { history } = view;
  const value = recentMean(
    until(history, imagesSeen),
    (point) => metric.value(point, imageValuesOf(view)),
    20,
  );
  if (value === null) return 'no step yet';
  const isShorter = (history.at(-1)?.imagesSeen ?? 0) < imagesSeen;
  return `${metricFigure(metric, value)} ${isShorter ? 'at its last step' : 'here'}`;
}
