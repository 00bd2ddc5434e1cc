import { describeValue } from '../base/messageText.js';
import type { Encoding } from '../base/plainData.js';
import { NonFiniteLatentsError } from './nonFiniteLatentsError.js';

/**
 * Checks that an encoding fits a model.
 * @param where the function that received it
 * @param shapes [height, width, channels] per latent group, as `Nvae.latentShapes`
 * @throws RangeError when the number of groups, a shape or a number of values differs
 * @throws NonFiniteLatentsError when a value is not finite
 */
export function checkEncoding(
  where: string,
  { names, latents }: Encoding,
  shapes: readonly (readonly number[])[],
): void {
  const images = names.length;
  if (images === 0) throw new RangeError(`${where}: expected at least one image, got none`);
  if (latents.length !== shapes.length) {
    throw new RangeError(`${where}: expected ${shapes.length} latent groups, got ${latents.length}`);
  }
  latents.forEach(({ shape, data }, group) => {
    const expected = [images, ...(shapes[group] ?? [])];
    const length = expected.reduce((product, size) => product * size, 1);
    if (shape.join() !== expected.join() || data.length !== length) {
      const got = `${describeValue(shape)} with ${data.length} values`;
      const [whole, all] = [describeValue(expected), `${length} values`];
      throw new RangeError(`${where}: latent group ${group}: expected ${whole} with ${all}, got ${got}`);
    }
    checkFiniteLatents(names, group, data);
  });
}

/** @throws NonFiniteLatentsError when a value of a latent group is not finite */
export function checkFiniteLatents(names: readonly string[], group: number, data: Float32Array): void {
  const perImage = data.length / names.length;
  for (let i = 0; i < data.length; i += 1) {
    const value = data[i] ?? 0;
    if (!Number.isFinite(value)) {
      throw new NonFiniteLatentsError(names[Math.floor(i / perImage)] ?? '', group, value);
    }
  }
}
