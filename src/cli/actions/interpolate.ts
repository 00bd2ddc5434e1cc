/** `nvae interpolate`: the images between two images. */
import { basename, extname } from 'node:path';
import { concat, concatMap, defer, lastValueFrom, map, of, toArray } from 'rxjs';
import { messageOf } from '../../config/errors.js';
import { decodeImage } from '../../data/decodeImage.js';
import type { Statistic } from '../../model/distributions/outputDistribution.js';
import type { ImageBatch } from '../../model/plainData.js';
import { joinImages } from '../../streams/imageBatches.js';
import { interpolation } from '../../streams/interpolation.js';
import { grid } from '../../streams/toGrid.js';
import { writeAnimation } from '../../streams/writeAnimation.js';
import { writeImage } from '../../streams/writeImages.js';
import type { CommonOptions } from '../commands/commonOptions.js';
import { createOutput } from '../output.js';
import { outputFiles } from '../outputFiles.js';
import { pictureShower } from '../showPicture.js';
import { withAdjustedModel } from '../withAdjustedModel.js';
import { withProgress } from '../withProgress.js';

interface InterpolateOptions extends CommonOptions {
  readonly gif?: boolean;
  readonly freeFlow: boolean;
  readonly statistic: Statistic;
  readonly out?: string;
}

export async function interpolate(
  file: string,
  firstPath: string,
  secondPath: string,
  n: number,
  options: InterpolateOptions,
): Promise<void> {
  const output = createOutput(options);
  const { engine, seed = 0, freeFlow, statistic } = options;
  const pathOf = await outputFiles(options.out, {
    name: `${basename(file, extname(file))}_interpolation`,
    count: 1,
  });
  const path = pathOf(0);
  const filmPath = `${path.slice(0, path.length - extname(path).length)}.gif`;
  if (options.gif && filmPath === path) {
    throw new Error(`--out: expected a strip that is no .gif beside the film of --gif, got ${path}`);
  }
  const showPicture = await pictureShower(output);
  // Encoding and decoding take the averages of the training as they are.
  const asTrained = { engine, temperature: 1, iterations: 0, batchSize: 1, seed };
  const frames$ = withAdjustedModel(file, asTrained, output, (model) =>
    defer(async () => {
      const size = model.config.inputDimension;
      return { first: await imageOf(firstPath, size), second: await imageOf(secondPath, size) };
    }).pipe(
      concatMap(({ first, second }) => {
        const points$ = interpolation(model, first, second, { n, freeFlow, statistic, seed });
        const between$ = withProgress(output, { label: 'interpolating', total: n, unit: 'images' }, (bar) =>
          points$.pipe(
            map((image, i) => {
              bar.at(i + 1);
              return image;
            }),
          ),
        );
        return concat(of(first), between$, of(second));
      }),
    ),
  );
  const frames = joinImages(await lastValueFrom(frames$.pipe(toArray())));
  const strip = grid(frames, frames.shape[0]);
  const paths = options.gif ? [path, filmPath] : [path];
  await writeImage(path, strip);
  if (options.gif) await writeAnimation(filmPath, frames);
  await showPicture(strip);
  output.result({ type: 'interpolation', paths, images: frames.shape[0] }, paths.join('\n'));
}

async function imageOf(path: string, size: number): Promise<ImageBatch> {
  try {
    return { pixels: await decodeImage(path, size), shape: [1, size, size, 3] };
  } catch (error) {
    const [reason] = messageOf(error).split('\n');
    const problem = `expected an image, got a file that cannot be read as one: ${reason}`;
    throw new Error(`${path}: ${problem}`, { cause: error });
  }
}
