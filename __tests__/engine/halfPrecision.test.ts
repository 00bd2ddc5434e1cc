import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Snapshot } from '../../src/checkpoint/snapshot.js';
import { runOne } from '../../src/engine/fused/composite.js';
import { gradientsOf } from '../../src/engine/gradients/gradientsOf.js';
import { withHalfPrecision } from '../../src/engine/halfPrecision.js';
import { nativeBackend } from '../../src/engine/native/inUse.js';
import * as tf from '../../src/engine/tf.js';
import { inSequence } from '../../src/model/layers/inSequence.js';
import { Trainer } from '../../src/training/trainer.js';
import { bytesInUse } from '../support/bytesInUse.js';
import { useTestEngine } from '../support/engine.js';
import { normalTensor } from '../support/gradients.js';
import { smallBatch, smallConfig } from '../support/smallConfig.js';

useTestEngine();

/** Through bfloat16 and back, by the kernels. */
function rounded(values: Float32Array): Float32Array {
  return tf.tidy(() => {
    const half = runOne('RoundToBfloat16', { x: tf.tensor1d(values) });
    return half.dataSync() as Float32Array;
  });
}

/** bfloat16 of the same sign next to x towards zero, and the one after it, as numbers. */
function neighbours(x: number): [even: boolean, low: number, high: number] {
  const bits = new Uint32Array(1);
  const value = new Float32Array(bits.buffer);
  value[0] = x;
  const top = (bits[0] ?? 0) >>> 16;
  const numberOf = (half: number) => {
    bits[0] = half << 16;
    return value[0] ?? 0;
  };
  const high = numberOf(top + 1);
  // Beyond the largest finite value lies infinity, where the next power of two would be.
  return [top % 2 === 0, numberOf(top), Number.isFinite(high) ? high : Math.sign(x) * 2 ** 128];
}

/** By distances in double precision, which hold them exactly. */
function nearest(x: number): number {
  if (!Number.isFinite(x)) return x;
  const [isEven, low, high] = neighbours(x);
  const [down, up] = [Math.abs(x - low), Math.abs(high - x)];
  return Math.fround(down < up || (down === up && isEven) ? low : high);
}

describe('the kernels of bfloat16', () => {
  test.each([1, 2, 3, 15, 16, 17, 31, 33, 16383, 16384, 16385, 100_003])(
    '%i values of any bits',
    (length) => {
      const bits = Uint32Array.from({ length }, (_, i) => Math.imul(i * 2 + length, 2654435761) ^ (i << 13));
      const values = new Float32Array(bits.buffer);
      const result = rounded(values);
      expect(result).toHaveLength(length);
      const wrong = result.findIndex((value, i) => !Object.is(value, nearest(values[i] ?? 0)));
      expect([values[wrong], result[wrong]]).toEqual([undefined, undefined]);
    },
  );

  test('round to nearest even whatever is given', () => {
    const float = fc.float({ noDefaultInfinity: false });
    fc.assert(
      fc.property(fc.float32Array({ minLength: 1, maxLength: 70 }), fc.array(float), (array, more) => {
        const values = Float32Array.from([...array, ...more]);
        expect(Array.from(rounded(values))).toEqual(Array.from(values, nearest));
      }),
    );
  });

  test('ties, infinities, NaN, zeros, denormals and the largest number', () => {
    const bits = [
      0x3f808000, 0x3f818000, 0x3f808001, 0x7f800000, 0xff800000, 0x7f800001, 0xffc12345, 0x80000000,
    ];
    const more = [0x00000001, 0x00008000, 0x00018000, 0x807fffff, 0x7f7fffff, 0x7f7f7fff];
    const expected = [
      0x3f80, 0x3f82, 0x3f81, 0x7f80, 0xff80, 0x7fc0, 0xffc1, 0x8000, 0, 0, 2, 0x8080, 0x7f80, 0x7f7f,
    ];
    const given = new Float32Array(Uint32Array.from([...bits, ...more]).buffer);
    const result = rounded(given);
    expect(Array.from(new Uint32Array(result.slice().buffer), (value) => value >>> 16)).toEqual(expected);
  });
});

describe('gradientsOf in half precision', () => {
  const filter = () => tf.tidy(() => tf.variable(normalTensor<tf.Tensor4D>('filter', [3, 3, 4, 4])));
  const chain = (x: tf.Tensor4D, w: tf.Variable) => {
    const layer = (y: tf.Tensor4D) => tf.conv2d(tf.elu(y), w as unknown as tf.Tensor4D, 1, 1);
    return tf.sum(inSequence(x, [layer, layer, layer, layer]));
  };

  test('keeps each tensor once and at half its size, and differs by the rounding alone', () => {
    const w = filter();
    const x = normalTensor<tf.Tensor4D>('x', [2, 16, 16, 4]);
    const kept: number[] = [];
    const run = (half: boolean) =>
      withHalfPrecision(half, () => {
        const bytes = bytesInUse();
        const f = () => {
          const y = chain(x, w);
          kept.push(Math.floor((bytesInUse() - bytes) / (2 * x.size)));
          return y;
        };
        const { value, gradients } = gradientsOf(f, [w]);
        const numbers = [value, gradients[0] as tf.Tensor].map((t) => t.dataSync());
        tf.dispose([value, ...(gradients as tf.Tensor[])]);
        return numbers as [Float32Array, Float32Array];
      });
    const before = tf.memory().numTensors;
    const [full, half, again] = [run(false), run(true), run(true)];
    expect(tf.memory().numTensors).toBe(before);
    // What each Elu gives, which the convolution behind it saves, too; and the last result.
    expect(kept).toEqual([10, 5, 5]);
    expect(distance(half[0], full[0])).toBeLessThan(0.05); // a sum in which most cancels
    expect(again).toEqual(half);
    expect(half[1]).not.toEqual(full[1]);
    expect(distance(half[1], full[1])).toBeLessThan(0.02);
    tf.dispose([w, x]);
  });

  test('never rounds what is differentiated', () => {
    const x = tf.tidy(() => tf.variable(normalTensor<tf.Tensor4D>('x', [1, 16, 16, 8])));
    const { value, gradients } = withHalfPrecision(true, () => gradientsOf(() => tf.mul(x, x), [x]));
    expect(gradients[0]?.dataSync()).toEqual(x.dataSync().map((element) => 2 * element));
    tf.dispose([x, value, ...(gradients as tf.Tensor[])]);
  });
});

/** Relative, in the 2-norm. */
function distance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const norm = (values: number[]) => Math.hypot(...values);
  return norm(Array.from(a, (value, i) => value - (b[i] ?? 0))) / (norm(Array.from(b)) || 1);
}

describe('a training run in half precision', () => {
  const trainer = (changes: object) => Trainer.create(smallConfig({}, changes));
  const momenta = ({ tensors }: Snapshot) =>
    [...tensors].filter(([name]) => name.startsWith('adamax.momentum'));

  test.each([false, true])(
    'starts with the gradients of float32, checkpoints %p',
    async (useTensorCheckpoints) => {
      const full = await trainer({ useTensorCheckpoints });
      const half = await trainer({ useTensorCheckpoints, halfPrecision: true });
      const [expected, given] = [await full.step(smallBatch(0, 8), 3), await half.step(smallBatch(0, 8), 3)];
      expect(
        distance([given.loss, ...given.klPerGroup], [expected.loss, ...expected.klPerGroup]),
      ).toBeLessThan(1e-3);
      expect(Math.abs(given.gradientNorm / expected.gradientNorm - 1)).toBeLessThan(0.01);
      const tensors = (await half.snapshot()).tensors;
      const moments = momenta(await full.snapshot());
      expect(moments.length).toBeGreaterThan(20);
      const all = moments.map(([name, { data }]) => [data, tensors.get(name)?.data ?? []] as const);
      const join = (side: 0 | 1) => all.flatMap((pair) => Array.from(pair[side]));
      const apart = distance(join(1), join(0));
      expect(apart).toBeGreaterThan(0);
      expect(apart).toBeLessThan(0.02);
      await Promise.all([full.dispose(), half.dispose()]);
    },
  );

  test('repeats its bits, goes on exactly, and holds its memory', async () => {
    const options = { halfPrecision: true, useTensorCheckpoints: true };
    const [one, two] = [await trainer(options), await trainer(options)];
    for (let i = 0; i < 3; i += 1) await one.step(smallBatch(i, 8), 1);
    const memory = () => [tf.memory().numTensors, nativeBackend()?.poolStatistics().allocations];
    const before = memory();
    for (let i = 0; i < 4; i += 1) await one.step(smallBatch(i, 8), 1);
    expect(memory()).toEqual(before);
    for (let i = 0; i < 3; i += 1) await two.step(smallBatch(i, 8), 1);
    const three = await trainer(options);
    await three.restore(await two.snapshot());
    for (let i = 0; i < 4; i += 1) await three.step(smallBatch(i, 8), 1);
    expect((await three.snapshot()).tensors).toEqual((await one.snapshot()).tensors);
    await Promise.all([one.dispose(), two.dispose(), three.dispose()]);
  });

  test('samples as in float32 but for the rounding, and repeats its bits', async () => {
    const [full, half] = [await trainer({}), await trainer({ halfPrecision: true })];
    for (const each of [full, half]) for (let i = 0; i < 3; i += 1) await each.step(smallBatch(0, 8), 0);
    const sample = async (of: Trainer) => (await of.sampleImages(4, 1, { iterations: 0 })).pixels;
    const [expected, first] = [await sample(full), await sample(half)];
    expect(distance(first, expected)).toBeLessThan(0.02);
    for (let i = 0; i < 4; i += 1) expect(await sample(half)).toEqual(first);
    await Promise.all([full.dispose(), half.dispose()]);
  });
});
