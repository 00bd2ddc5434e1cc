/** Writes pictures to files. */
import { mkdir, rm } from 'node:fs/promises';
import { dirname, join, parse } from 'node:path';
import sharp, { type Sharp } from 'sharp';
import { messageOf } from '../base/errors.js';
import type { ImageBatch } from '../base/plainData.js';
import { replaceFile } from '../base/replaceFile.js';
import { type PictureKind, pictureMark } from '../data/ownPictures.js';

/**
 * Writes one image of a batch to a file. If that fails, an existing file of this name stays unchanged.
 *
 * @param path the extension chooses the format (`.png`, `.webp`, ...); missing folders are created
 * @param batch `[count, height, width, channels]`; not changed. Grey images make grey files, if the format has them
 * @param index number of the image in the batch, from 0
 * @param kind what the picture shows: a `grid` is never used for training, an `image` only by a dataset that has it outside of
 *   `picturesFolder`
 * @throws Error when the file cannot be written; the message names it
 *
 * @example
 * ```ts
 * import { grid, loadModel, useEngine, writeImage } from 'rx-nvae';
 *
 * await useEngine();
 * using model = await loadModel('saved_weights/final_result_demo.model');
 * await writeImage('samples.png', grid(await model.sampleImages(9, 0.7)));
 * ```
 */
export async function writeImage(
  path: string,
  { pixels, shape }: ImageBatch,
  index = 0,
  kind: PictureKind = 'grid',
): Promise<void> {
  const [, height, width, channels] = shape;
  const length = height * width * channels;
  const bytes = pixels.subarray(index * length, (index + 1) * length);
  const raw = sharp(bytes, { raw: { width, height, channels } });
  // Otherwise sharp writes grey in three equal channels.
  const picture = channels === 1 ? raw.toColourspace('b-w') : raw;
  await writePicture(path, picture, kind);
}

/** Writes any sharp picture, with a mark so that runs do not train on pictures of this package. */
export async function writePicture(path: string, picture: Sharp, kind: PictureKind): Promise<void> {
  const { dir, name, ext } = parse(path);
  await mkdir(dirname(path), { recursive: true });
  const partial = join(dir, `${name}.partial${ext}`);
  try {
    const exif = { IFD0: { Software: 'rx-nvae', ImageDescription: pictureMark(kind) } };
    await picture.withExif(exif).toFile(partial);
    await replaceFile(partial, path);
  } catch (error) {
    await rm(partial, { force: true }).catch(() => undefined);
    const lines = messageOf(error).replaceAll(partial, path).trim().split('\n');
    throw new Error(lines.join('; '), { cause: error });
  }
}
