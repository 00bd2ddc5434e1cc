/** The balance of the KL between latent groups, against the formulas in plain numbers. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { KlBalancing } from '../../src/config/types.js';
import * as tf from '../../src/engine/tf.js';
import { balancedKl, klWeights } from '../../src/model/losses.js';
import { planModel } from '../../src/model/plan.js';
import { useTestEngine } from '../support/engine.js';
import { smallModel } from '../support/smallConfig.js';
import { valuesOf } from '../support/valuesOf.js';

useTestEngine();

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** Three scales of 4, 2 and 1 latent groups: levels 0 to 6 have latents of size 8, 16, 16, 32, 32, 32, 32. */
const plan = planModel(
  smallModel({
    numberOfScales: 3,
    initialSplitsPerScale: 4,
    exponentialScaling: 2,
    inputDimension: 64,
    latentSize: 3,
  }),
);
const sides = [8, 16, 16, 32, 32, 32, 32];
const groupsInScale = [1, 2, 2, 4, 4, 4, 4];

/** The weights as the formulas say, in double precision. kl is one list per group. */
function expectedWeights(kl: readonly (readonly number[])[], balancing: KlBalancing): number[] {
  const raw = kl.map((values, level) => {
    const size = sides[level]! ** 2 * 3;
    const average = mean(values.map(Math.abs));
    return balancing === 'size' ? size * average : (average + 0.01) / (size / groupsInScale[level]!);
  });
  return raw.map((weight) => weight / mean(raw));
}

const kls = fc.array(
  fc.array(fc.double({ min: -0.5, max: 50, noNaN: true }), { minLength: 2, maxLength: 2 }),
  {
    minLength: sides.length,
    maxLength: sides.length,
  },
);

describe.each<KlBalancing>(['inverse_size', 'size'])('kl_balancing %s', (klBalancing) => {
  test('weighs each group by its formula during the warm-up', async () => {
    await fc.assert(
      fc.asyncProperty(kls, async (given) => {
        fc.pre(given.flat().some((value) => Math.abs(value) > 1));
        const [weights, balanced] = await valuesOf(() => {
          const kl = tf.tensor2d(given);
          return [
            klWeights(plan, kl, klBalancing),
            balancedKl(plan, kl, 0.5, { warmupEpochs: 1, klBalancing }),
          ];
        });
        const expected = expectedWeights(given, klBalancing);
        expect(mean(weights!)).toBeCloseTo(1, 5);
        for (const [i, weight] of weights!.entries()) expect(weight).toBeCloseTo(expected[i]!, 4);
        for (const image of [0, 1]) {
          const sum = given.reduce((total, values, level) => total + expected[level]! * values[image]!, 0);
          expect(Math.abs(balanced![image]! - sum)).toBeLessThan(1e-4 * Math.max(1, Math.abs(sum)));
        }
      }),
      { numRuns: 30 },
    );
  });

  test('has weights that are constants for the gradient', async () => {
    const given = sides.map((_, level) => [level + 1, 2 * level + 0.5]);
    const [gradient] = await valuesOf(() =>
      tf.grad((kl) => tf.sum(balancedKl(plan, kl as tf.Tensor2D, 0, { warmupEpochs: 1, klBalancing })))(
        tf.tensor2d(given),
      ),
    );
    const expected = expectedWeights(given, klBalancing).flatMap((weight) => [weight, weight]);
    for (const [i, value] of gradient!.entries()) expect(value).toBeCloseTo(expected[i]!, 4);
  });

  test('is finite while all groups are collapsed, and the plain sum after the warm-up', async () => {
    const [collapsed, after] = await valuesOf(() => [
      klWeights(plan, tf.zeros([sides.length, 2]), klBalancing),
      balancedKl(plan, tf.ones([sides.length, 2]), 1, { warmupEpochs: 1, klBalancing }),
    ]);
    const uniform = expectedWeights(
      sides.map(() => [1, 1]),
      klBalancing,
    );
    for (const [i, weight] of collapsed!.entries()) expect(weight).toBeCloseTo(uniform[i]!, 5);
    expect(after).toEqual([sides.length]);
  });
});

test('size gives most weight to the groups with many variables, inverse_size to those with few', async () => {
  const [bySize, byInverse] = await valuesOf(() => {
    const kl = tf.ones([sides.length, 1]) as tf.Tensor2D;
    return [klWeights(plan, kl, 'size'), klWeights(plan, kl, 'inverse_size')];
  });
  expect(bySize!.at(-1)! / bySize![0]!).toBeCloseTo(16, 3);
  expect(byInverse![0]! / byInverse!.at(-1)!).toBeCloseTo(4, 3);
});
