/** Image sizes that cannot be halved as often as the model does. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { ImageBatch } from '../../src/base/plainData.js';
import type { ModelConfig } from '../../src/config/types.js';
import * as tf from '../../src/engine/tf.js';
import { logMassOfImages } from '../../src/model/distributions/logMass.js';
import { drawImages } from '../../src/model/evaluation/drawImages.js';
import { evaluateBatch } from '../../src/model/evaluation/evaluateBatch.js';
import { imagesToTensor } from '../../src/model/imageTensors.js';
import { cropImages, padImages } from '../../src/model/layers/padding.js';
import { Nvae } from '../../src/model/nvae.js';
import { latentShapes, paddedDimension, parameterCount, planModel } from '../../src/model/plan.js';
import { keyedNoise } from '../../src/model/random.js';
import { Trainer } from '../../src/training/trainer.js';
import { useTestEngine } from '../support/engine.js';
import { expectGradients, normalTensor } from '../support/gradients.js';
import { smallBatch, smallConfig, smallModel } from '../support/smallConfig.js';
import { valuesOf } from '../support/valuesOf.js';

useTestEngine();

const noise = () => keyedNoise(1, 'test', 0);

/** Position of a value in `[B, size, size, channels]`. */
const at = (size: number, channels: number) => (b: number, row: number, column: number, c: number) =>
  ((b * size + row) * size + column) * channels + c;

/** Copies the pixels that two batches share; the small one lies `first` pixels right of and below the corner of the large one. */
function moved(
  from: ArrayLike<number>,
  to: number[],
  sizes: { from: number; to: number; first: number; batch: number; channels: number },
): number[] {
  const { batch, channels, first } = sizes;
  const small = Math.min(sizes.from, sizes.to);
  const shift = (size: number) => (size === small ? 0 : first);
  const [source, target] = [at(sizes.from, channels), at(sizes.to, channels)];
  for (let b = 0; b < batch; b += 1)
    for (let row = 0; row < small; row += 1)
      for (let column = 0; column < small; column += 1)
        for (let c = 0; c < channels; c += 1) {
          const [s, t] = [shift(sizes.from), shift(sizes.to)];
          to[target(b, row + t, column + t, c)] = from[source(b, row + s, column + s, c)] ?? Number.NaN;
        }
  return to;
}

/** A model for images of `size` pixels, and one with the same weights for images of the size that it computes with. */
async function pair(size: number, changes: Partial<ModelConfig> = {}): Promise<[Nvae, Nvae]> {
  const config = smallModel({ ...changes, inputDimension: size });
  const model = Nvae.create(config, 5);
  const tensors = await model.store.tensors();
  return [model, Nvae.fromTensors({ ...config, inputDimension: paddedDimension(config) }, tensors)];
}

describe('the plan', () => {
  const sizes = fc.record({
    inputDimension: fc.integer({ min: 1, max: 300 }),
    numberOfScales: fc.integer({ min: 1, max: 5 }),
    numBlocksPrepost: fc.integer({ min: 0, max: 3 }),
  });

  test('should take every size of at least half the factor, and fill it up to the next multiple', () => {
    const seen = { refused: 0, padded: 0, exact: 0 };
    fc.assert(
      fc.property(sizes, (changes) => {
        const { inputDimension: size, numberOfScales, numBlocksPrepost } = changes;
        const factor = 2 ** (numberOfScales + numBlocksPrepost - 1);
        const make = () => planModel(smallModel(changes));
        if (2 * size <= factor) {
          seen.refused += 1;
          expect(make).toThrow(`inputDimension: expected at least ${factor / 2 + 1}, because`);
          return;
        }
        const padded = paddedDimension(smallModel(changes));
        seen[padded === size ? 'exact' : 'padded'] += 1;
        expect(padded % factor).toBe(0);
        expect(padded - size).toBeGreaterThanOrEqual(0);
        expect(padded - size).toBeLessThan(Math.min(factor, size));
        const whole = planModel(smallModel({ ...changes, inputDimension: padded }));
        expect(latentShapes(make())).toEqual(latentShapes(whole));
        expect(parameterCount(make())).toBe(parameterCount(whole));
        expect(make().groups[0]?.size).toBe(padded / factor);
      }),
      { numRuns: 300 },
    );
    expect(Math.min(...Object.values(seen))).toBeGreaterThan(5);
  });
});

describe('zeros around images', () => {
  test('should leave the pixels where they are, the odd row and column at the end', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 6 }),
        fc.integer({ min: 0, max: 5 }),
        fc.integer({ min: 1, max: 3 }),
        async (size, more, channels) => {
          const [padded, first] = [size + more, Math.floor(more / 2)];
          const [given = [], larger = [], back = []] = await valuesOf(() => {
            const x = normalTensor<tf.Tensor4D>('x', [2, size, size, channels]);
            const y = padImages(x, padded);
            return [x, y, cropImages(y, size)];
          });
          const sizes = { from: size, to: padded, first, batch: 2, channels };
          const expected = moved(given, Array<number>(2 * padded * padded * channels).fill(0), sizes);
          expect(larger).toEqual(expected);
          expect(back).toEqual(given);
        },
      ),
      { numRuns: 20 },
    );
  });
});

describe.each([
  [7, 'logistic_mixture', 3],
  [6, 'gaussian', 3],
  [5, 'logistic_mixture', 1],
] as const)('a model of images of %d pixels, %s with %d colours', (size, samplingMethod, imageChannels) => {
  const changes = { samplingMethod, imageChannels };
  const first = Math.floor((8 - size) / 2);
  const batch = (): ImageBatch => {
    const { pixels, shape } = smallBatch(2, 2, size);
    if (imageChannels === 3) return { pixels, shape };
    return { pixels: pixels.slice(0, 2 * size * size), shape: [2, size, size, 1] };
  };

  test('should compute what the model of the padded size does, and give its real pixels', async () => {
    const [model, whole] = await pair(size, changes);
    const read = await valuesOf(() => {
      const images = imagesToTensor(batch(), size, imageChannels);
      const { parameters, kl } = model.forward(images, noise(), 'train');
      return [images, parameters, kl, tf.tensor(parameters.shape)];
    });
    const [images = [], parameters = [], kl, shape = []] = read;
    expect(shape.slice(0, 3)).toEqual([2, size, size]);
    const sizes = { from: size, to: 8, first, batch: 2, channels: imageChannels };
    const zeros = Array<number>(2 * 64 * imageChannels).fill(0);
    const [expected = [], expectedKl] = await valuesOf(() => {
      const padded = tf.tensor4d(moved(images, zeros, sizes), [2, 8, 8, imageChannels]);
      const result = whole.forward(padded, noise(), 'train');
      return [result.parameters, result.kl];
    });
    expect(kl).toEqual(expectedKl);
    const channels = shape[3] ?? 0;
    const inner = moved(expected, [], { from: 8, to: size, first, batch: 2, channels });
    expect(parameters).toEqual(inner);
    model.dispose();
    whole.dispose();
  });

  test('should encode, decode and sample images of its own size', async () => {
    const model = Nvae.create(smallModel({ ...changes, inputDimension: size }), 5);
    const shapes = tf.tidy(() => {
      const latents = model.encode(imagesToTensor(batch(), size, imageChannels), noise());
      expect(latents.map((latent) => latent.shape)).toEqual(model.latentShapes.map((shape) => [2, ...shape]));
      const samples = ['mean', 'most_likely_value', 'sample'] as const;
      return [
        model.decode(latents, noise()).shape,
        ...samples.map((statistic) => model.sample(2, 1, noise(), statistic).shape),
      ];
    });
    expect(shapes).toEqual(Array(4).fill([2, size, size, imageChannels]));
    expect((await model.sampleImages(2, 1)).shape).toEqual([2, size, size, imageChannels]);
    expect(() => imagesToTensor(batch(), 8, imageChannels)).toThrow('images: expected [batch, 8, 8');
    model.dispose();
  });

  test('should count real pixels only in likelihood and log mass', async () => {
    const model = Nvae.create(smallModel({ ...changes, inputDimension: size }), 5);
    const before = tf.memory().numTensors;
    const options = { samples: 1, seed: 1, keys: ['a', 'b'] };
    const { kl, ...result } = await evaluateBatch(model, batch(), options);
    for await (const draw of drawImages(model, batch(), { samples: 1, noiseOf: noise })) {
      const perPixel = draw.parameters.length / (2 * size * size);
      expect(Number.isInteger(perPixel)).toBe(true);
      const mass = [0, 1].map((i) => {
        const part = draw.parameters.subarray(
          (i * draw.parameters.length) / 2,
          ((i + 1) * draw.parameters.length) / 2,
        );
        const length = size * size * imageChannels;
        const pixels = batch().pixels.subarray(i * length, (i + 1) * length);
        return logMassOfImages(model.config, part, pixels, 1)[0];
      });
      expect([...draw.logMass]).toEqual(mass);
    }
    expect(result.psnr).toHaveLength(2);
    for (let i = 0; i < 2; i += 1) {
      const total = kl.reduce((sum, level) => sum + level[i]!, result.reconstructionLossMass[i]!);
      expect(result.negativeElboMass[i]!).toBeCloseTo(total, 6);
    }
    expect(tf.memory().numTensors).toBe(before);
    model.dispose();
  });

  test('should have the gradients of finite differences', async () => {
    const model = Nvae.create(smallModel({ ...changes, inputDimension: size }), 5);
    const images = tf.tidy(() => tf.variable(imagesToTensor(batch(), size, imageChannels)));
    const chosen = [
      'initial_transform.weight_v',
      'to_distribution_conv.1.weight_v',
      'to_distribution_conv.1.bias',
      'decoder_constant',
    ];
    const variables = new Map(chosen.map((name) => [name, model.store.parameter(name)]));
    await expectGradients(
      () => model.forward(images as tf.Tensor4D, noise(), 'train').parameters,
      new Map([...variables, ['images', images]]),
    );
    images.dispose();
    model.dispose();
  });
});

test('a trainer should learn from images of an odd size, and leave no tensor', async () => {
  const before = tf.memory().numTensors;
  const trainer = await Trainer.create(smallConfig({ inputDimension: 7 }, { useTensorCheckpoints: true }));
  const steps = [await trainer.step(smallBatch(0, 2, 7), 3), await trainer.step(smallBatch(1, 2, 7), 3)];
  expect(steps).toMatchObject([
    { step: 1, applied: true },
    { step: 2, applied: true },
  ]);
  expect((await trainer.reconstruct(smallBatch(0, 2, 7))).shape).toEqual([2, 7, 7, 3]);
  await trainer.dispose();
  expect(tf.memory().numTensors).toBe(before);
});

test('a size that can be halved should need no operation more', async () => {
  const kernelsOf = async (size: number) => {
    const model = Nvae.create(smallModel({ inputDimension: size }), 5);
    const images = imagesToTensor(smallBatch(0, 2, size), size);
    const { kernelNames, result } = await tf.profile(() =>
      tf.tidy(() => tf.sum(model.forward(images, noise(), 'train').parameters)),
    );
    tf.dispose([images, result as tf.Tensor]);
    model.dispose();
    return kernelNames;
  };
  expect(await kernelsOf(7)).toContain('PadV2');
  expect(await kernelsOf(8)).not.toContain('PadV2');
});
