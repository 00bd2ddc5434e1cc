import { concat, defer, filter, ignoreElements, type OperatorFunction, tap } from 'rxjs';
import type { Encoding } from '../../base/plainData.js';
import { LatentsWriter, type LatentsWritten } from '../../checkpoint/latents/latentsWriter.js';
import { usingAsync } from '../flow/usingAsync.js';

/** Options of `writeLatents`. */
export interface WriteLatentsOptions {
  /** Further entries of the file's metadata. @default none */
  readonly metadata?: Readonly<Record<string, string>>;
}

/**
 * Writes encodings to one latents file, and emits it when it is complete: a safetensors file with a tensor `latent.<group>` of
 * `[images, height, width, channels]` per latent group, and the names of the images in its metadata.
 *
 *     encodings      a--b--c--|
 *     writeLatents   ------------(f|)
 *
 * Each encoding is written when it arrives, so none waits in memory. Until the file is complete, its groups grow in files beside it
 * (`<path>.partial.0`, ...). After an error or an unsubscribe these are gone, and an existing file is unchanged. Without an image no
 * file is written.
 *
 * @param path the file, by convention `.safetensors`; missing folders are created
 * @param options metadata
 * @throws RangeError at call time when the metadata is not allowed; in the stream when shapes differ from those before
 * @throws CheckpointError in the stream when the file cannot be written
 *
 * @example
 * ```ts
 * import { encodings, loadModel, useEngine, writeLatents } from 'rx-nvae';
 *
 * await useEngine();
 * const model = await loadModel('saved_weights/final_result_demo.model');
 * encodings(model, 'photos')
 *   .pipe(writeLatents('photos.safetensors', { metadata: { model: 'demo' } }))
 *   .subscribe(({ path, images }) => console.log(`${path}: ${images} images`));
 * ```
 */
export function writeLatents(
  path: string,
  { metadata = {} }: WriteLatentsOptions = {},
): OperatorFunction<Encoding, LatentsWritten> {
  const create = () => new LatentsWriter(path, metadata);
  create();
  return (source) =>
    usingAsync(
      async (signal) => ({ writer: create(), signal }),
      ({ writer, signal }) =>
        concat(
          source.pipe(
            tap((encoding) => writer.add(encoding)),
            ignoreElements(),
          ),
          defer(() => writer.finish(signal)).pipe(filter((written) => written !== null)),
        ),
      async ({ writer }) => writer.discard(),
    );
}
