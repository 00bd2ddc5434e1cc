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
import type { ImageBatch } from '../../base/plainData.js';
import type { PictureKind } from '../../data/ownPictures.js';
import { writeImage } from '../../pictures/writeImage.js';

/**
 * Writes every image of every batch to a file, one after the other, and emits its path.
 *
 *     batches       a---------b-----|
 *     writeImages   --A--A----B--B--|
 *
 * An error of the source is passed on after the images before it have been written.
 *
 * @param path a function from the number of an image, counted from 0 over all batches, to its path, or one path for all. The
 *   extension chooses the format (`.png`, `.webp`, ...); missing folders are created
 * @param kind what the pictures show: a `grid` is never used for training, wherever it is
 * @throws Error in the stream when a file cannot be written; the message names it
 *
 * @example
 * ```ts
 * import { loadModel, samples, useEngine, writeImages } from 'rx-nvae';
 * import { finalize } from 'rxjs';
 *
 * await useEngine();
 * const model = await loadModel('saved_weights/final_result_demo.model');
 * samples(model, { count: 100 })
 *   .pipe(
 *     writeImages((i) => `new/${i}.webp`),
 *     finalize(() => model.dispose()),
 *   )
 *   .subscribe((path) => console.log(path));
 * ```
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
