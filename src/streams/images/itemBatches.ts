import {
  from,
  identity,
  lastValueFrom,
  type MonoTypeOperatorFunction,
  map,
  mergeMap,
  type Observable,
  range,
} from 'rxjs';
import { joinImages } from '../../base/imageBatches.js';
import type { NamedImages, PartedImages } from '../../base/plainData.js';
import { type ByteBudget, byteBudget } from '../../data/byteBudget.js';
import type { DatasetItem, ItemList } from '../../data/dataset.js';
import type { DecodedImage } from '../../data/decodedImage.js';
import { itemAt } from '../../data/itemsOf.js';
import type { Share } from '../../group/shareOf.js';
import { batch } from './batch.js';
import { type DecodeItemsOptions, type DecodeOptions, decodeImages } from './decodeImages.js';
import type { Recipe } from './recipe.js';

/** Bytes of encoded images that are read and decoded at a time; where the size of an image is not known, of this many. */
const [mostEncodedBytes, usualBytes] = [2 ** 26, 2 ** 19];

/** The images to batch. */
export interface ItemBatchesOptions<Item extends DatasetItem> extends DecodeItemsOptions<Item> {
  readonly batchSize: number;
  /** The indexes of the items to take, in this order. @default all, in the order of the list */
  readonly order?: Uint32Array | undefined;
  /**
   * The places in a batch of so many images that are made, as parts; the recipes still count all images. A batch without images is then
   * an empty one. @default all, as one part
   */
  readonly shares?: ((images: number) => readonly Share[]) | undefined;
  /** Changes the images of a batch before it is made, such as `augment`. @default nothing */
  readonly change?: MonoTypeOperatorFunction<Recipe<DecodedImage>>;
}

/**
 * Recipes of batches of listed items. A recipe holds the number of its batch; its items are looked up when it is made,
 * so memory does not grow with the images that wait. However many batches are made at a time, the files that are read and decoded
 * meanwhile have at most 64 MiB, or are one file.
 *
 *     itemBatches   (ABC|)
 */
export function itemBatches<Item extends DatasetItem>(
  items: ItemList<Item>,
  { batchSize, order, shares, change = identity, ...decoding }: ItemBatchesOptions<Item>,
): Observable<Recipe<NamedImages & PartedImages>> {
  const length = order?.length ?? items.length;
  const budget = byteBudget(mostEncodedBytes);
  const made = (first: number, count: number, signal?: AbortSignal) => {
    const places = Array.from({ length: count }, (_, i) => first + i);
    const taken = places.map((place) => itemAt(items, order ? (order[place] as number) : place));
    return lastValueFrom(
      from(taken).pipe(
        decodeImages(decoding),
        map((recipe, i) => within(budget, encodedBytes(taken[i] as Item), recipe)),
        change,
        batch(batchSize),
        mergeMap((recipe) => recipe.make(signal)),
      ),
      { defaultValue: null },
    );
  };
  return range(0, Math.ceil(length / batchSize)).pipe(
    map((number) => {
      const first = number * batchSize;
      const images = Math.min(batchSize, length - first);
      const make = async (signal?: AbortSignal) => {
        if (!shares) return made(first, images, signal);
        const parts = shares(images).map((share) => made(first + share.first, share.count, signal));
        return joinParts(await Promise.all(parts), decoding);
      };
      return { images, make };
    }),
  );
}

/** The images of all parts, and how many each part has. */
function joinParts(
  parts: readonly (NamedImages | null)[],
  { size, channels = 3 }: DecodeOptions,
): NamedImages & PartedImages {
  const some = parts.filter((part) => part !== null);
  const images =
    some.length > 0
      ? joinImages(some)
      : { pixels: new Uint8Array(0), shape: [0, size, size, channels] as const };
  return {
    ...images,
    names: some.flatMap(({ names }) => names),
    parts: parts.map((part) => part?.shape[0] ?? 0),
  };
}

/** Items of a folder have their size; those of other datasets may. */
function encodedBytes({ bytes }: DatasetItem & { readonly bytes?: unknown }): number {
  return typeof bytes === 'number' ? bytes : usualBytes;
}

/** The recipe, made within a budget; what is in memory already is not counted. */
function within<T>(budget: ByteBudget, bytes: number, recipe: Recipe<T>): Recipe<T> {
  return { ...recipe, make: (signal) => budget.run(bytes, () => recipe.make(signal)) };
}
