/** What the images of one rank are of the batch of all ranks. */
import { partSizes, partsOfSizes } from '../base/imageBatches.js';
import type { ImageBatch, PartedImages } from '../base/plainData.js';
import type { ProcessGroup } from '../group/processGroup.js';
import { shareOf } from '../group/shareOf.js';

/** A rank's images of one part of the batch; maybe none. */
export interface SharedPart {
  readonly images: ImageBatch;
  /** Place of the first of them in the whole batch. */
  readonly first: number;
  /** Number of images that all ranks have of this part; at least 1. */
  readonly whole: number;
  /** Whether every rank has an image of it. */
  readonly isEverywhere: boolean;
}

export interface SharedBatch {
  /** In the same number on all ranks. */
  readonly parts: readonly SharedPart[];
  /** Whether a rank has asked the others for something. */
  readonly isAsked: boolean;
}

/**
 * Exchanges the numbers of images. A whole batch is in the order of its parts, and within a part in the order of the ranks.
 * @param batch this rank's images of each part, in the order of the parts
 * @param parts into how many parts the whole batch is divided
 * @param asks a question to the other ranks that travels with the numbers
 * @throws RangeError when all ranks together have no image, or a rank's images are not its shares of the parts
 */
export async function shareBatch(
  batch: PartedImages,
  parts: number,
  group: ProcessGroup,
  asks: boolean,
): Promise<SharedBatch> {
  const own = batch.parts ?? [batch.shape[0]];
  const { counts, isAsked } = await exchange(own, group, asks);
  const sizes = batch.parts || parts === 1 ? counts : sizesFromTotals(counts, parts, group.size);
  const ownSizes = sizes[group.rank] ?? [];
  const images = partsOfSizes(batch, ownSizes);
  let place = 0;
  const shared = images.map((images, i): SharedPart => {
    const ofRanks = sizes.map((ranks) => ranks[i] ?? 0);
    const first = place + sum(ofRanks.slice(0, group.rank));
    place += sum(ofRanks);
    return { images, first, whole: sum(ofRanks), isEverywhere: ofRanks.every((count) => count > 0) };
  });
  if (place === 0) throw new RangeError('trainer.step: the batch has no image on any rank');
  return { parts: shared.filter(({ whole }) => whole > 0), isAsked };
}

/** The numbers of all ranks. */
async function exchange(own: readonly number[], group: ProcessGroup, asks: boolean) {
  const { rank, size } = group;
  const numbers = new Float64Array(size * own.length + 1);
  numbers.set(own, rank * own.length);
  numbers[size * own.length] = Number(asks);
  await group.allReduce(numbers);
  const counts = Array.from({ length: size }, (_, i) => [
    ...numbers.subarray(i * own.length, (i + 1) * own.length),
  ]);
  return { counts, isAsked: (numbers.at(-1) ?? 0) > 0 };
}

/** Each rank's numbers of images of each part, if it has its shares. */
function sizesFromTotals(counts: readonly number[][], parts: number, size: number): number[][] {
  const totals = counts.map(sum);
  const whole = partSizes(sum(totals), parts);
  return totals.map((total, rank) => {
    const shares = whole.map((part) => shareOf(part, { rank, size }).count);
    if (sum(shares) === total) return shares;
    const expected = `${sum(shares)} (${shares.join(' + ')})`;
    throw new RangeError(`trainer.step: expected ${expected} images on rank ${rank}, got ${total}`);
  });
}

function sum(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0);
}
