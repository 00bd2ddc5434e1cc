import { valuesPerImage } from '../../base/valuesPerImage.js';
import type { RunView } from './runView.js';

/** The number of values of an image of the run; of a run that has not started, which has no curves, any. */
export function imageValuesOf({ started }: Pick<RunView, 'started'>): number {
  return started ? valuesPerImage(started.config.model) : 1;
}
