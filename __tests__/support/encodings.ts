/** Latents without a model. */
import fc from 'fast-check';
import type { Encoding, LatentValues } from '../../src/base/plainData.js';

/** One to four groups for one to nine images. */
export function encodingArbitrary(): fc.Arbitrary<Encoding> {
  const shape = fc.tuple(
    fc.integer({ min: 1, max: 3 }),
    fc.integer({ min: 1, max: 3 }),
    fc.integer({ min: 1, max: 4 }),
  );
  const shapes = fc.array(shape, { minLength: 1, maxLength: 4 });
  const names = fc.array(fc.string({ unit: 'binary' }), { minLength: 1, maxLength: 9 });
  return fc.tuple(shapes, names, fc.nat(1000)).map(([all, given, seed]) => encodingOf(all, given, seed));
}

/** Latents that all differ, from negative zero on. */
export function encodingOf(
  shapes: readonly (readonly [number, number, number])[],
  names: readonly string[],
  seed = 0,
): Encoding {
  const latents = shapes.map((shape, group): LatentValues => {
    const length = names.length * shape[0] * shape[1] * shape[2];
    const data = Float32Array.from({ length }, (_, i) => (i === 0 ? -0 : (i + 1) / (3 + seed + group)));
    return { dtype: 'float32', shape: [names.length, ...shape], data };
  });
  return { names, latents };
}
