import { expect } from '@jest/globals';
import { DamagedImageError } from '../../src/data/damagedImageError.js';
import type { Dataset, DatasetItem } from '../../src/data/dataset.js';
import { decodedPixels } from '../../src/data/itemPixels.js';
import { itemsOf } from '../../src/data/itemsOf.js';

export interface ReadImages {
  /** The colour of each image, by its name. */
  readonly colours: Record<string, readonly number[]>;
  /** Why the others cannot be decoded. */
  readonly damaged: Record<string, string>;
  readonly warnings: readonly string[];
}

/** Reads all images of a dataset, each of one colour, at 3x3 pixels. */
export async function readImages(dataset: Dataset): Promise<ReadImages> {
  const { signal } = new AbortController();
  const warnings: string[] = [];
  const [colours, damaged]: [Record<string, number[]>, Record<string, string>] = [{}, {}];
  const items = await dataset.items(signal, (message) => warnings.push(message));
  for (const item of itemsOf<DatasetItem>(items)) {
    try {
      const pixels = await decodedPixels(dataset, item, { size: 3, channels: 3 });
      colours[item.name] = [...pixels.subarray(0, 3)];
      expect([...pixels]).toEqual(Array.from({ length: 27 }, (_, i) => pixels[i % 3]));
    } catch (error) {
      expect(error).toBeInstanceOf(DamagedImageError);
      damaged[item.name] = (error as Error).message;
    }
  }
  await dataset.close?.();
  return { colours, damaged, warnings };
}
