/**
 * A GIF that interpolates from each image of a folder to the next through their latents. Run
 * `npx tsx examples/interpolation-gif/main.ts [model file] [folder of images] [--images 4] [--between 6]`.
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import {
  batch,
  decodeImages,
  imageAt,
  images,
  interpolation,
  joinImages,
  useEngine,
  writeAnimation,
} from 'rx-nvae';
import { concat, concatMap, lastValueFrom, of, range, startWith, take, toArray } from 'rxjs';
import { drawSquares } from '../support/drawSquares.js';
import { outputFolder } from '../support/outputFolder.js';
import { positiveInteger } from '../support/positiveInteger.js';
import { inTemporaryFolder, modelOf } from '../support/squares.js';

const { values, positionals } = parseArgs({
  options: { images: { type: 'string', default: '4' }, between: { type: 'string', default: '6' } },
  allowPositionals: true,
});
const count = positiveInteger('images', values.images);
const n = positiveInteger('between', values.between);

await useEngine('auto');
using model = await modelOf(positionals[0]);
const stops = await inTemporaryFolder(async (own) => {
  const folder = positionals[1] ?? (await drawSquares(own));
  const recipes$ = images(folder).pipe(
    take(count),
    decodeImages({ size: model.config.inputDimension, channels: model.config.imageChannels }),
    batch(count),
  );
  const made = await lastValueFrom(recipes$.pipe(concatMap((recipe) => recipe.make())));
  if (!made || made.shape[0] < 2) throw new Error(`${folder}: expected at least two images`);
  return made;
});

const stop = (i: number) => imageAt(stops, i);
const frames$ = range(1, stops.shape[0] - 1).pipe(
  concatMap((i) => concat(interpolation(model, stop(i - 1), stop(i), { n }), of(stop(i)))),
  startWith(stop(0)),
);
const frames = joinImages(await lastValueFrom(frames$.pipe(toArray())));
const path = join(await outputFolder('interpolation-gif'), 'film.gif');
await writeAnimation(path, frames);
console.log(`${frames.shape[0]} frames through ${stops.shape[0]} images: ${path}`);
