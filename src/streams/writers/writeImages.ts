import { mkdir, rm } from 'node:fs/promises';
import { dirname, join, parse } from 'node:path';
import {
  concatMap,
  defer,
  EMPTY,
  materialize,
  type Observable,
  type ObservableNotification,
  type OperatorFunction,
  range,
  throwError,
} from 'rxjs';
import sharp, { type Sharp } from 'sharp';
import { messageOf } from '../../base/errors.js';
import type { ImageBatch } from '../../base/plainData.js';
import { replaceFile } from '../../checkpoint/replaceFile.js';
import { type PictureKind, pictureMark } from '../../data/ownPictures.js';

/**
 * Write every image of every batch to a file and give the paths, one after the other.
 *
 *     batches       a---------b-----|
 *     writeImages   --A--A----B--B--|
 *
 * The extension chooses the format (`.png`, `.webp`, ...); missing folders are made. An error of the source comes behind the
 * images before it: what has been made is written.
 *
 * @param path of the image with this number, counted from 0 over all batches; a text: the same for all
 * @param kind what they show: a `grid` of images is never learned from, wherever it lies
 */
export function writeImages(
  path: string | ((index: number) => string),
  kind: PictureKind = 'image',
): OperatorFunction<ImageBatch, string> {
  const pathOf = typeof path === 'string' ? () => path : path;
  return (source) =>
    defer(() => {
      let index = 0;
      const written = (batch: ImageBatch) =>
        range(0, batch.shape[0]).pipe(
          concatMap(async (i) => {
            const file = pathOf(index);
            index += 1;
            await writeImage(file, batch, i, kind);
            return file;
          }),
        );
      return source.pipe(
        materialize(),
        concatMap((said) => (said.kind === 'N' ? written(said.value) : dematerialized(said))),
      );
    });
}

function dematerialized(end: ObservableNotification<ImageBatch>): Observable<never> {
  return end.kind === 'E' ? throwError(() => end.error) : EMPTY;
}

/** Write one image of a batch; where that fails, a picture of this name that was there before stays. */
export async function writeImage(
  path: string,
  { pixels, shape }: ImageBatch,
  index = 0,
  kind: PictureKind = 'grid',
): Promise<void> {
  const [, height, width, channels] = shape;
  const length = height * width * channels;
  const bytes = pixels.subarray(index * length, (index + 1) * length);
  await writePicture(path, sharp(bytes, { raw: { width, height, channels } }), kind);
}

/** The same for any picture of sharp's. It is marked as ours, so that runs can tell it from what they are to learn. */
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
