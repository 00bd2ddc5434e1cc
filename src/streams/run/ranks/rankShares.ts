import { partSizes } from '../../../base/imageBatches.js';
import type { ProcessGroup } from '../../../group/processGroup.js';
import { type Share, shareOf } from '../../../group/shareOf.js';

/**
 * A rank's places in a batch that a step works on in parts: its share of each part. All ranks together have all places, and for each part
 * lower ranks have the earlier ones.
 */
export function rankShares(
  images: number,
  parts: number,
  group: Pick<ProcessGroup, 'rank' | 'size'>,
): readonly Share[] {
  let begin = 0;
  return partSizes(images, parts).map((size) => {
    const { first, count } = shareOf(size, group);
    const share = { first: begin + first, count };
    begin += size;
    return share;
  });
}
