/**
 * What each latent group holds: the images of a folder are encoded to a file, and decoded with one group after the other averaged over
 * all images. Run `npx tsx examples/edited-latents/main.ts [model file] [folder of images] [--images 8]`.
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import {
  batch,
  decodeImages,
  decodings,
  type Encoding,
  encodings,
  grid,
  images,
  joinImages,
  readLatents,
  useEngine,
  writeImage,
  writeLatents,
} from 'rx-nvae';
import { concatMap, filter, lastValueFrom, map, take } from 'rxjs';
import { drawSquares } from '../support/drawSquares.js';
import { outputFolder } from '../support/outputFolder.js';
import { positiveInteger } from '../support/positiveInteger.js';
import { inTemporaryFolder, modelOf } from '../support/squares.js';

const { values, positionals } = parseArgs({
  options: { images: { type: 'string', default: '8' } },
  allowPositionals: true,
});
const count = positiveInteger('images', values.images);

/** The same latents with one group replaced by its average over all images. */
function averaged({ names, latents }: Encoding, group: number): Encoding {
  const average = (data: Float32Array) => {
    const perImage = data.length / names.length;
    return data.map((_, i) => {
      let sum = 0;
      for (let image = 0; image < names.length; image += 1)
        sum += data[image * perImage + (i % perImage)] ?? 0;
      return sum / names.length;
    });
  };
  return {
    names,
    latents: latents.map((one, level) => (level === group ? { ...one, data: average(one.data) } : one)),
  };
}

await useEngine('auto');
using model = await modelOf(positionals[0]);
const { inputDimension: size, imageChannels: channels } = model.config;
const output = await outputFolder('edited-latents');
const path = join(output, 'latents.safetensors');
await inTemporaryFolder(async (own) => {
  const recipes$ = images(positionals[1] ?? (await drawSquares(own))).pipe(
    take(count),
    decodeImages({ size, channels, onWarning: console.warn }),
    batch(count),
  );
  await lastValueFrom(encodings(model, recipes$, { latents: 'mean' }).pipe(writeLatents(path)));
});

const encoding$ = readLatents(path, { batchSize: count }).pipe(
  concatMap((recipe) => recipe.make()),
  filter((made) => made !== null),
);
const rows = [await lastValueFrom(decodings(model, encoding$))];
for (const group of model.latentShapes.keys()) {
  const edited$ = encoding$.pipe(map((encoding) => averaged(encoding, group)));
  rows.push(await lastValueFrom(decodings(model, edited$)));
}
const picture = join(output, 'averaged.png');
await writeImage(picture, grid(joinImages(rows), rows[0]?.shape[0]));
console.log(`latents of ${rows[0]?.shape[0]} images: ${path}`);
console.log(`reconstructions, then one row per group that is averaged: ${picture}`);
