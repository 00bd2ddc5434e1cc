/** Extracts single images from encodings and joins encodings. */
import type { Encoding, LatentValues } from './plainData.js';

/**
 * Copies the latents of one image, so that the rest of the encoding can be freed.
 * @param encoding latents of several images
 * @param index position of the image, starting at 0
 * @returns an encoding of only this image
 * @example
 * const first = encodingAt(encoding, 0);
 */
export function encodingAt({ names, latents }: Encoding, index: number): Encoding {
  return {
    names: names.slice(index, index + 1),
    latents: latents.map(({ shape: [images, ...rest], data }): LatentValues => {
      const perImage = data.length / images;
      const own = data.slice(index * perImage, (index + 1) * perImage);
      return { dtype: 'float32', shape: [1, ...rest], data: own };
    }),
  };
}

/**
 * Joins encodings by the same model into one, in order.
 * @param encodings at least one
 * @returns a copy of all latents; the encoding itself if there is only one
 * @throws RangeError when there is none, or the shapes of latent groups differ
 * @example
 * const both = joinEncodings([encodingAt(encoding, 2), encodingAt(encoding, 5)]);
 */
export function joinEncodings(encodings: readonly Encoding[]): Encoding {
  const [first, ...more] = encodings;
  if (!first) throw new RangeError('joinEncodings: expected an encoding, got none');
  if (more.length === 0) return first;
  const names = encodings.flatMap((encoding) => encoding.names);
  const latents = first.latents.map(({ shape: [, ...rest] }, group): LatentValues => {
    const perImage = rest.reduce((product, size) => product * size, 1);
    const data = new Float32Array(names.length * perImage);
    let offset = 0;
    for (const encoding of encodings) {
      const values = encoding.latents[group];
      const expected = [encoding.names.length, ...rest];
      if (!values || values.shape.join() !== expected.join()) {
        const got = values ? `[${values.shape}]` : 'none';
        throw new RangeError(`joinEncodings: latent group ${group}: expected [${expected}], got ${got}`);
      }
      data.set(values.data, offset);
      offset += values.data.length;
    }
    return { dtype: 'float32', shape: [names.length, ...rest], data };
  });
  return { names, latents };
}
