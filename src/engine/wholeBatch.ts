/** A batch that is shared out: what a pass over the images of one rank needs to compute what the whole batch would give. */
import type { ProcessGroup } from '../group/processGroup.js';

/** The images of all ranks, of which this one has a part. Sums are blocking calls in the middle of a pass, on all ranks in the same order. */
export interface WholeBatch {
  readonly group: Pick<ProcessGroup, 'allReduceNow'>;
  /** Number of images on all ranks. */
  readonly images: number;
  /** Number of images here that belong to the batch. 0: those of the pass only stand in, so that it makes the same calls as the others. */
  readonly own: number;
}

/** Replaces sums over the images here by those over all images. */
export function addUp({ group, own }: WholeBatch, sums: Float64Array): void {
  if (own === 0) sums.fill(0);
  group.allReduceNow(sums);
}

/** Number of values per channel in the whole batch. The shape is that of the features here, `[batch, height, width, channels]`. */
export function wholeRows({ images }: WholeBatch, [, ...image]: readonly number[]): number {
  return images * image.slice(0, -1).reduce((product, size) => product * size, 1);
}
