import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { concatMap, defer, type OperatorFunction, range } from 'rxjs';
import sharp from 'sharp';
import type { ImageBatch } from '../model/plainData.js';

/**
 * Write every image of every batch to a file and give the paths, one after the other.
 *
 *     batches       a---------b-----|
 *     writeImages   --A--A----B--B--|
 *
 * The extension chooses the format (`.png`, `.webp`, ...); missing folders are made.
 *
 * @param path of the image with this number, counted from 0 over all batches; a text: the same for all
 */
export function writeImages(
  path: string | ((index: number) => string),
): OperatorFunction<ImageBatch, string> {
  const pathOf = typeof path === 'string' ? () => path : path;
  return (source) =>
    defer(() => {
      let index = 0;
      return source.pipe(
        concatMap((batch) =>
          range(0, batch.shape[0]).pipe(
            concatMap(async (i) => {
              const file = pathOf(index);
              index += 1;
              await writeImage(file, batch, i);
              return file;
            }),
          ),
        ),
      );
    });
}

/** Write one image of a batch. */
export async function writeImage(path: string, { pixels, shape }: ImageBatch, index = 0): Promise<void> {
  const [, height, width, channels] = shape;
  const length = height * width * channels;
  await mkdir(dirname(path), { recursive: true });
  const bytes = pixels.subarray(index * length, (index + 1) * length);
  await sharp(bytes, { raw: { width, height, channels } }).toFile(path);
}
