import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import * as tf from '../../src/engine/tf.js';
import { imageNoise } from '../../src/model/imageNoise.js';
import { imagesFromTensor, imagesToTensor } from '../../src/model/imageTensors.js';
import { type LatentKind, Nvae } from '../../src/model/nvae.js';
import { keyedNoise, type Noise } from '../../src/model/random.js';
import { testEngine, useTestEngine } from '../support/engine.js';
import { smallBatch, smallModel } from '../support/smallConfig.js';

let model: Nvae;
// Hooks run in the order of these lines: the engine starts before the model, and counts tensors after it is gone.
afterAll(() => model.dispose());
useTestEngine();
beforeAll(() => {
  model = Nvae.create(smallModel(), 5);
});

const noise = () => keyedNoise(1, 'test', 0);

/** Values of a tensor, which is freed. */
function values(tensor: tf.Tensor): number[] {
  const result = [...tensor.dataSync()];
  tensor.dispose();
  return result;
}

function largestDifference(a: readonly number[] = [], b: readonly number[] = []): number {
  expect(a).toHaveLength(b.length);
  return a.reduce((largest, value, i) => Math.max(largest, Math.abs(value - (b[i] ?? 0))), 0);
}

function fill(variable: tf.Variable, value: number): void {
  const filled = tf.fill(variable.shape, value);
  variable.assign(filled);
  filled.dispose();
}

describe('sampling', () => {
  test('the same noise gives the same images, another temperature others', () => {
    const at = (temperature: number | number[]) => values(model.sample(2, temperature, noise()));
    expect(at(0.7)).toEqual(at(0.7));
    expect(at(0.7)).not.toEqual(at(1));
    expect(at([0.7, 0.7])).toEqual(at(0.7));
    expect(at([0.7, 1])).not.toEqual(at([1, 0.7]));
  });

  test('images are in [0, 1] for every statistic', () => {
    for (const statistic of ['mean', 'most_likely_value', 'sample'] as const) {
      const images = model.sample(2, 1, noise(), statistic);
      expect(images.shape).toEqual([2, 8, 8, 3]);
      const pixels = values(images);
      expect(Math.min(...pixels)).toBeGreaterThanOrEqual(0);
      expect(Math.max(...pixels)).toBeLessThanOrEqual(1);
    }
  });

  test('generateFromLatents is a sample at temperature 1 with the given noise', () => {
    const latents = model.plan.groups.map(({ level, size, latentSize }) => {
      return noise().normal(`latent.${level}`, [2, size, size, latentSize]) as tf.Tensor4D;
    });
    expect(values(model.generateFromLatents(latents, noise()))).toEqual(values(model.sample(2, 1, noise())));
    tf.dispose(latents);
  });

  test('refuses temperatures that mean nothing', () => {
    expect(() => model.sample(1, [1], noise())).toThrow(
      'one for each of the 2 latent groups (level 0 first), got 1 value',
    );
    expect(() => model.sample(1, -1, noise())).toThrow('temperature: expected a number >= 0, got -1');
  });

  test('re-adjustment moves the averages of the decoder only', async () => {
    const own = Nvae.create(smallModel(), 5);
    const before = await own.store.bufferTensors();
    own.readjustBatchNorm(2, 4, 0.5, () => noise());
    const after = await own.store.bufferTensors();
    for (const [name, { data }] of after) {
      const isDecoder = /^(decoder_tower|postprocess)/.test(name);
      expect({ name, moved: [...data].join() !== [...(before.get(name)?.data ?? [])].join() }).toEqual({
        name,
        moved: isDecoder,
      });
    }
    own.dispose();
  });

  test('re-adjustment lets no variance collapse, and raises none', () => {
    const own = Nvae.create(smallModel(), 5);
    const variances = () =>
      [...own.store.buffers].filter(([name]) => /^(dec|post).*running_var$/.test(name)).map(([, v]) => v);
    const lowest = () => Math.min(...variances().flatMap((variance) => [...variance.dataSync()]));
    for (const weight of own.store.parameters.values()) fill(weight, 0); // nothing varies
    for (let pass = 0; pass < 3; pass += 1) {
      for (const variance of variances()) fill(variance, 1.02e-4);
      own.readjustBatchNorm(2, 1, 0, () => noise());
    }
    expect(lowest()).toBeCloseTo(1e-4, 10);
    for (const variance of variances()) fill(variance, 2e-5);
    own.readjustBatchNorm(2, 4, 0, () => noise());
    expect(lowest()).toBeCloseTo(2e-5, 10);
    own.dispose();
  });

  test('a single value per channel has no variance, rather than one that is no number', () => {
    const own = Nvae.create(smallModel({ inputDimension: 4 }), 5);
    own.readjustBatchNorm(1, 1, 1, () => noise());
    for (const buffer of own.store.buffers.values()) expect([...buffer.dataSync()]).not.toContain(Number.NaN);
    own.dispose();
  });

  test.each(['mean', 'most_likely_value', 'sample'] as const)(
    'damage of the averages is NaN in every image of the statistic %s, and no colour',
    async (statistic) => {
      for (const damage of [Number.NaN, Number.POSITIVE_INFINITY]) {
        const own = Nvae.create(smallModel(), 5);
        const [name] = [...own.store.buffers.keys()].filter((key) => /^post.*running_mean$/.test(key));
        fill(own.store.buffer(name ?? ''), damage);
        const images = own.sample(2, 1, noise(), statistic);
        await expect(imagesFromTensor(images)).rejects.toThrow(
          'images: 2 of 2 have non-finite colours. If the batch norm was re-adjusted, try fewer',
        );
        images.dispose();
        own.dispose();
      }
    },
  );
});

describe('encoding', () => {
  test('gives one latent per group, in the shapes that the model names', () => {
    const images = imagesToTensor(smallBatch(1), 8);
    const latents = model.encode(images, noise());
    expect(latents.map((latent) => latent.shape)).toEqual(model.latentShapes.map((shape) => [2, ...shape]));
    const decoded = model.decode(latents, noise());
    expect(decoded.shape).toEqual([2, 8, 8, 3]);
    expect(() => model.decode(latents.slice(1), noise())).toThrow('decode: expected latents of shapes');
    tf.dispose([images, latents, decoded]);
  });

  test('a flow that is not fixed can be left out', () => {
    const images = imagesToTensor(smallBatch(1), 8);
    const encode = (freeFlow: boolean) => {
      const latents = model.encode(images, noise(), { freeFlow });
      return latents.flatMap(values);
    };
    expect(encode(true)).not.toEqual(encode(false));
    images.dispose();
  });

  test('the mean of the posterior needs no random numbers, and draws lie around it', () => {
    const images = imagesToTensor(smallBatch(1), 8);
    const encode = (random: Noise, latents: LatentKind) => {
      const made = model.encode(images, random, { latents, freeFlow: false });
      return made.map(values);
    };
    const [mean = []] = encode(noise(), 'mean');
    expect(encode(keyedNoise(9, 'test', 0), 'mean')[0]).toEqual(mean);
    const many = Array.from({ length: 200 }, (_, i) => encode(keyedNoise(i, 'test', 0), 'drawn')[0] ?? []);
    expect(many[0]).not.toEqual(mean);
    const average = mean.map((_, i) => many.reduce((sum, one) => sum + (one[i] ?? 0), 0) / many.length);
    const distance = average.reduce((sum, value, i) => sum + Math.abs(value - (mean[i] ?? 0)), 0);
    expect(distance / mean.length).toBeLessThan(0.2);
    images.dispose();
  });

  test('random numbers by name are the same in any batch and at any place in it', () => {
    const images = imagesToTensor(smallBatch(1, 3), 8);
    const encode = (order: readonly number[]) => {
      const batch = tf.gather(images, [...order]);
      const latents = model.encode(batch, imageNoise(1, 'test', order));
      const rows = order.map((_, row) => latents.flatMap((latent) => values(tf.slice(latent, row, 1))));
      tf.dispose([batch, latents]);
      return rows;
    };
    const [[a, b, c], [otherC, otherA], [otherB]] = [encode([0, 1, 2]), encode([2, 0]), encode([1])];
    images.dispose();
    // libtensorflow sums in another order for another number of images.
    const rounding = testEngine === 'tensorflow' ? 1e-5 : 0;
    expect(largestDifference(otherA, a)).toBeLessThanOrEqual(rounding);
    expect(largestDifference(otherB, b)).toBeLessThanOrEqual(rounding);
    expect(largestDifference(otherC, c)).toBeLessThanOrEqual(rounding);
    expect(largestDifference(a, b)).toBeGreaterThan(0.1);
  });
});

describe('values', () => {
  test('survive export and import with the same bits', async () => {
    const tensors = await model.store.tensors();
    const copy = Nvae.fromTensors(model.config, tensors);
    expect(await copy.store.tensors()).toEqual(tensors);
    copy.dispose();
  });

  test('a missing or misshapen tensor is refused by name, and nothing is left behind', async () => {
    const tensors = await model.store.tensors();
    const before = tf.memory().numTensors;
    tensors.delete('initial_transform.weight_v');
    expect(() => Nvae.fromTensors(model.config, tensors)).toThrow(
      'initial_transform.weight_v: expected float32 [2, 3, 3, 3], got nothing',
    );
    expect(tf.memory().numTensors).toBe(before);
  });

  test('a description that the tensors do not bear out takes no memory', async () => {
    const tensors = await model.store.tensors();
    const before = tf.memory().numBytes;
    const make = () => Nvae.fromTensors({ ...model.config, channelTowers: 2048 }, tensors);
    expect(make).toThrow(/expected float32 \[.*\], got float32/);
    expect(tf.memory().numBytes).toBe(before);
  });

  test('a counter that counts backwards is refused', async () => {
    const tensors = await model.store.tensors();
    const [name] = [...tensors.keys()].filter((key) => key.endsWith('.num_batches_tracked'));
    tensors.set(name ?? '', { dtype: 'int32', shape: [], data: Int32Array.of(-1) });
    expect(() => Nvae.fromTensors(model.config, tensors)).toThrow(/tracked: expected a counter, got -1/);
  });

  test('a new model begins as the reference does', async () => {
    const tensors = await model.store.tensors();
    const weight = tensors.get('mixer.decoder_mixer.0.model.weight_v')?.data ?? [];
    const gain = tensors.get('mixer.decoder_mixer.0.model.weight_g')?.data ?? [];
    const inputs = weight.length / gain.length;
    expect(Math.max(...weight.map(Math.abs))).toBeLessThanOrEqual(1 / Math.sqrt(inputs));
    expect(gain[1]).toBeCloseTo(Math.hypot(...weight.slice(inputs, 2 * inputs)), 5);
    expect(new Set(tensors.get('postprocess.model.1.model.model.1.weight')?.data)).toEqual(new Set([1]));
  });

  test('bytes survive the way through a tensor', async () => {
    const batch = smallBatch(3);
    const tensor = imagesToTensor(batch, 8);
    expect(await imagesFromTensor(tensor)).toEqual(batch);
    tensor.dispose();
    expect(() => imagesToTensor(batch, 16)).toThrow('images: expected [batch, 16, 16, 3]');
  });
});
