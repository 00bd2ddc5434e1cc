import { checkCount } from '../base/checkNumbers.js';
import type { Dataset, DatasetItem, DecodeResult } from './dataset.js';

/** Options of `datasetOf`. */
export interface DatasetOfOptions extends Pick<Dataset, 'cached' | 'identity'> {
  /** Name in messages. @default 'dataset' */
  readonly name?: string;
}

/**
 * Creates a dataset of `count` images that are made from their index: elements of an array, or drawings. The name of an item is
 * its index.
 *
 * @param count the number of images
 * @param image returns the image with an index, as `decode` of `Dataset` does: `[size, size, 3]` bytes, `[size, size, 1]` for grey,
 *   or an image of any size; always the same
 * @param options a name for messages, and other properties of a `Dataset`
 * @throws RangeError at call time when the count is not a positive integer
 *
 * @example
 * // Grey squares, each darker than the one before.
 * const greys = datasetOf(100, (index, size) => new Uint8Array(size * size).fill(200 - index));
 * train(config, { dataset: greys });
 */
export function datasetOf(
  count: number,
  image: (index: number, size: number, signal: AbortSignal) => DecodeResult | PromiseLike<DecodeResult>,
  { name = 'dataset', ...more }: DatasetOfOptions = {},
): Dataset {
  checkCount('datasetOf', 'count', count);
  const at = (index: number): DatasetItem => ({ name: String(index) });
  return {
    ...more,
    name,
    items: () => ({ length: count, at }),
    decode: (item, size, signal) => image(Number(item.name), size, signal),
  };
}
