/** Batch normalisation of a batch that is shared out, against a slow one in double precision that has the whole batch. */
import { beforeAll, describe, expect, test } from '@jest/globals';
import { testEngine } from '../support/engine.js';
import { type RankContext, runRanks } from '../support/ranks/runRanks.js';

interface Norm {
  readonly channels: number;
  readonly activation: 'none' | 'silu';
  /** Added to all values. */
  readonly offset: number;
  readonly x: Float32Array;
  readonly dy: Float32Array;
  readonly gamma: Float32Array;
  readonly beta: Float32Array;
}

interface Data {
  readonly engine: string;
  readonly norms: readonly Norm[];
}

const [height, width] = [3, 5];
const pixels = height * width;
/** Images of each rank; one of them has none. */
const counts = [2, 0, 5];
const images = 7;
const epsilon = 1e-3;

const values = (length: number, seed: number, offset = 0) =>
  Float32Array.from({ length }, (_, i) => offset + Math.sin(i * (seed + 0.37) + seed) * (1 + (i % 7) / 5));

const norms = [1, 5, 33, 130].flatMap((channels) =>
  (['none', 'silu'] as const).flatMap((activation) =>
    [0, 300].map((offset): Norm => {
      const length = images * pixels * channels;
      return {
        ...{ channels, activation, offset, x: values(length, 1, offset), dy: values(length, 2) },
        ...{ gamma: values(channels, 3, 1), beta: values(channels, 4) },
      };
    }),
  ),
);

/** On each rank: its part of the results of all norms. The rank without images computes with one that must not count. */
async function normalizeAll({ group, data, load }: RankContext<Data>) {
  const { useEngine } = await load<typeof import('../../src/engine/index.js')>('engine/index.js');
  const tf = await load<typeof import('../../src/engine/tf.js')>('engine/tf.js');
  const { batchNormTrain } = await load<typeof import('../../src/engine/ops.js')>('engine/ops.js');
  const { gradientsOf } = await load<typeof import('../../src/engine/gradients/gradientsOf.js')>(
    'engine/gradients/gradientsOf.js',
  );
  await useEngine(data.engine as 'native');
  const [counts, first] = [[2, 0, 5], [0, 2, 2][group.rank]!];
  const own = counts[group.rank]!;
  return data.norms.map(({ channels, activation, x, dy, gamma, beta }) => {
    const before = tf.memory().numTensors;
    const image = 15 * channels;
    const here = (all: Float32Array, standIn: number) => {
      const part = all.slice(first * image, (first + own) * image);
      const given = own > 0 ? part : new Float32Array(image).fill(standIn);
      return tf.tensor4d(given, [Math.max(1, own), 3, 5, channels]);
    };
    const given = [here(x, 9e4), tf.tensor1d(gamma), tf.tensor1d(beta)] as const;
    const results: import('../../src/engine/tf.js').Tensor[] = [];
    const whole = { group, images: 7, own };
    const f = () => {
      const { y, mean, variance } = batchNormTrain(...given, 1e-3, activation, whole);
      results.push(tf.keep(mean), tf.keep(variance));
      return y;
    };
    const upstream = here(dy, 0);
    const { value, gradients } = gradientsOf(f, given, upstream);
    const all = [value, ...results, ...gradients] as import('../../src/engine/tf.js').Tensor[];
    const numbers = all.map((tensor) => tensor.dataSync() as Float32Array);
    tf.dispose([...all, ...given, upstream]);
    return { numbers, left: tf.memory().numTensors - before };
  });
}

/** y, the statistics, and the gradients of the sum of y * dy in x, gamma and beta. */
function slowNorm({ channels, activation, x, dy, gamma, beta }: Norm) {
  const rows = images * pixels;
  const perChannel = () => new Float64Array(channels);
  const [mean, variance, dgamma, dbeta] = [perChannel(), perChannel(), perChannel(), perChannel()];
  const channel = (i: number) => i % channels;
  for (const [i, value] of x.entries()) mean[channel(i)]! += value / rows;
  for (const [i, value] of x.entries()) variance[channel(i)]! += (value - mean[channel(i)]!) ** 2 / rows;
  const sd = variance.map((v) => Math.sqrt(v + epsilon));
  const xhat = Float64Array.from(x, (value, i) => (value - mean[channel(i)]!) / sd[channel(i)]!);
  const u = xhat.map((value, i) => value * gamma[channel(i)]! + beta[channel(i)]!);
  const sigmoid = (value: number) => 1 / (1 + Math.exp(-value));
  const silu = activation === 'silu';
  const y = u.map((value) => (silu ? value * sigmoid(value) : value));
  const slope = (value: number) => (silu ? sigmoid(value) * (1 + value * (1 - sigmoid(value))) : 1);
  const g = u.map((value, i) => slope(value) * dy[i]!);
  g.forEach((value, i) => {
    dbeta[channel(i)]! += value;
    dgamma[channel(i)]! += value * xhat[i]!;
  });
  const dx = g.map((value, i) => {
    const c = channel(i);
    return (gamma[c]! / sd[c]!) * (value - dbeta[c]! / rows - (xhat[i]! * dgamma[c]!) / rows);
  });
  return { y, mean, variance, dx, dgamma, dbeta };
}

/** Largest difference, in units of the largest value. */
function difference(got: ArrayLike<number>, expected: ArrayLike<number>): number {
  expect(got).toHaveLength(expected.length);
  const scale = Math.max(...Array.from(expected, Math.abs));
  return Math.max(...Array.from(expected, (value, i) => Math.abs(value - got[i]!))) / scale;
}

const engines = testEngine === 'native' ? ['native', 'cpu'] : [testEngine];

describe.each(engines)('a batch on three ranks, one of them without images, on %s', (engine) => {
  let ranks: Awaited<ReturnType<typeof normalizeAll>>[] = [];
  beforeAll(async () => {
    ranks = await runRanks(counts.length, normalizeAll, { data: { engine, norms } });
  });

  test.each(norms.map((norm, i) => [norm.channels, norm.activation, norm.offset, i] as const))(
    '%i channels, activation %s, values around %i',
    (_channels, _activation, offset, i) => {
      const expected = slowNorm(norms[i]!);
      const [first, none, last] = ranks.map((norms) => norms[i]!) as Three<(typeof ranks)[0][0]>;
      for (const { left } of [first, none, last]) expect(left).toBe(0);
      const joined = (k: number) => [...first.numbers[k]!, ...last.numbers[k]!];
      const added = (k: number) => first.numbers[k]!.map((value, c) => value + last.numbers[k]![c]!);
      // Values around 300 have 5 digits fewer.
      const within = offset === 0 ? 1e-5 : 2e-3;
      expect(difference(joined(0), expected.y)).toBeLessThan(within);
      expect(difference(joined(3), expected.dx)).toBeLessThan(within);
      expect(difference(added(4), expected.dgamma)).toBeLessThan(within);
      expect(difference(added(5), expected.dbeta)).toBeLessThan(within);
      expect(difference(first.numbers[1]!, expected.mean)).toBeLessThan(3e-6);
      expect(difference(first.numbers[2]!, expected.variance)).toBeLessThan(within);
      for (const rank of [none, last]) expect(rank.numbers.slice(1, 3)).toEqual(first.numbers.slice(1, 3));
      for (const k of [3, 4, 5]) expect(Math.max(...none.numbers[k]!.map(Math.abs))).toBe(0);
    },
  );
});

test('the gradients of the slow one should be those of finite differences', () => {
  const norm = norms.find(({ channels, activation }) => channels === 5 && activation === 'silu') as Norm;
  const loss = (changed: Partial<Norm>) =>
    slowNorm({ ...norm, ...changed }).y.reduce((sum, y, i) => sum + y * norm.dy[i]!, 0);
  const { dx, dgamma, dbeta } = slowNorm(norm);
  for (const [key, gradient] of Object.entries({ x: dx, gamma: dgamma, beta: dbeta })) {
    for (const i of [0, 3, gradient.length - 1]) {
      const moved = (by: number) => {
        const values = Float64Array.from(norm[key as 'x']);
        values[i]! += by;
        return loss({ [key]: values as unknown as Float32Array });
      };
      expect((moved(1e-4) - moved(-1e-4)) / 2e-4).toBeCloseTo(gradient[i]!, 4);
    }
  }
});

type Three<T> = [T, T, T];
