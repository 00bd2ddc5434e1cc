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
