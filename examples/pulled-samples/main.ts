/**
 * Pulls new images with `for await`, without RxJS. Run `npx tsx examples/pulled-samples/main.ts [model file]`. It pulls images one
 * by one, keeps the one with the most contrast, and leaves the loop when 20 images in a row were no better.
 */
import { join } from 'node:path';
import { type ImageBatch, pullSamples, useEngine, writeImage } from 'rx-nvae';
import { outputFolder } from '../support/outputFolder.js';
import { modelOf } from '../support/squares.js';

/** Standard deviation of the values. */
function contrast({ pixels }: ImageBatch): number {
  const mean = pixels.reduce((sum, value) => sum + value, 0) / pixels.length;
  return Math.sqrt(pixels.reduce((sum, value) => sum + (value - mean) ** 2, 0) / pixels.length);
}

await useEngine('auto');
// Disposed at the end of the module, even if the loop throws.
using model = await modelOf(process.argv[2]);

let best: ImageBatch | null = null;
let [most, count, since] = [0, 0, 0];
// Each image is made on demand, and one more while the loop body runs; `break` ends that.
for await (const image of pullSamples(model, { count: Number.POSITIVE_INFINITY, batchSize: 1 })) {
  count += 1;
  since += 1;
  if (contrast(image) > most) {
    [best, most, since] = [image, contrast(image), 0];
    console.log(`image ${count}: contrast ${most.toFixed(2)}`);
  }
  if (since === 20) break;
}
if (best) {
  const path = join(await outputFolder('pulled-samples'), 'contrast.png');
  await writeImage(path, best);
  console.log(`the best of ${count} images is ${path}`);
}
