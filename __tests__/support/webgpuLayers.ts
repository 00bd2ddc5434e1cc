/**
 * Runs as a separate process for webgpuLayers.test.ts: computes operations of whole layers and many weights on webgpu, and by their
 * definitions in double precision. Prints one line of JSON per case.
 */

import type { NormStatistics } from '../../src/engine/fused/convolveNormalized.js';
import { gradientsOf } from '../../src/engine/gradients/gradientsOf.js';
import { convolveNormalized, expansion, spectralNorms, upsampleNearest2x } from '../../src/engine/ops.js';
import * as tf from '../../src/engine/tf.js';
import { releaseGpu } from '../../src/engine/webgpu/loader.js';
import { naiveConvolution, pseudoRandom, relativeError } from './naiveConvolution.mjs';
import { startWebgpu } from './webgpuSubgroups.js';

type Values = ArrayLike<number>;
type Shape = readonly [batch: number, height: number, width: number, channels: number];

interface Case {
  readonly compute: () => tf.Tensor[];
  readonly expected: readonly Values[];
}

const sizeOf = (shape: readonly number[]) => shape.reduce((product, length) => product * length, 1);
const epsilon = 1e-3;
let seed = 0;

function random(shape: readonly number[]): Float32Array {
  seed += 1;
  return pseudoRandom(sizeOf(shape), seed);
}

const tensor = (values: Float32Array, shape: readonly number[]) => tf.tensor(values, [...shape]);

/** A convolution without stride that keeps the size. */
function convolved(
  x: Values,
  [batch, height, width, channels]: Shape,
  filter: Values,
  [k, outputs]: [number, number],
  depthwise: boolean,
): Float64Array {
  const pad = (k - 1) / 2;
  const shape = [batch, height, width, channels, height, width, outputs, k, k, 1, 1, pad, pad];
  const dy = new Float32Array(batch * height * width * outputs);
  return naiveConvolution(shape, x as Float32Array, filter as Float32Array, dy, depthwise).y;
}

type Norm = Record<'mean' | 'variance' | 'gamma' | 'beta', Float32Array>;

function randomNorm(channels: number): Norm {
  const [mean, variance, gamma, beta] = [0, 1, 2, 3].map(() => random([channels])) as [
    Float32Array,
    Float32Array,
    Float32Array,
    Float32Array,
  ];
  return { mean, variance: variance.map((value) => value * value + 0.1), gamma, beta };
}

function statistics(norm: Norm): NormStatistics {
  const [mean, variance, gamma, beta] = [norm.mean, norm.variance, norm.gamma, norm.beta].map((values) =>
    tf.tensor1d(values),
  ) as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor];
  return { mean, variance, gamma, beta, epsilon };
}

function normalized(x: Values, { mean, variance, gamma, beta }: Norm, activated: boolean): Float64Array {
  return Float64Array.from(x, (value, i) => {
    const c = i % mean.length;
    const y = ((value - mean[c]!) / Math.sqrt(variance[c]! + epsilon)) * gamma[c]! + beta[c]!;
    return activated ? y / (1 + Math.exp(-y)) : y;
  });
}

function upsampled(x: Values, [batch, height, width, channels]: Shape): Float64Array {
  const y = new Float64Array(4 * x.length);
  for (let i = 0; i < y.length; i += 1) {
    const [c, pixel] = [i % channels, Math.floor(i / channels)];
    const [column, line] = [pixel % (2 * width), Math.floor(pixel / (2 * width))];
    const [row, image] = [line % (2 * height), Math.floor(line / (2 * height))];
    y[i] = x[((image * height + (row >> 1)) * width + (column >> 1)) * channels + c]!;
  }
  if (y.length !== 4 * batch * height * width * channels) throw new RangeError('shape');
  return y;
}

function upsampling(shape: Shape): Case {
  const [batch, height, width, channels] = shape;
  const [x, dy] = [random(shape), random([4, ...shape])];
  const dx = new Float64Array(x.length);
  upsampled(
    Float64Array.from(x, (_, i) => i),
    shape,
  ).forEach((from, i) => {
    dx[from]! += dy[i]!;
  });
  const large = [batch, 2 * height, 2 * width, channels];
  return {
    expected: [upsampled(x, shape), dx],
    compute: () => {
      const given = tensor(x, shape) as tf.Tensor4D;
      const [gradient] = tf.grads((each) => upsampleNearest2x(each as tf.Tensor4D))(
        [given],
        tensor(dy, large),
      );
      return [upsampleNearest2x(given), gradient!];
    },
  };
}

function normalizedConvolution(shape: Shape, k: number, outputs: number, isBiased: boolean): Case {
  const channels = shape[3];
  const [x, filter, bias] = [random(shape), random([k, k, channels, outputs]), random([outputs])];
  const norm = randomNorm(outputs);
  const sums = convolved(x, shape, filter, [k, outputs], false);
  const biased = isBiased ? sums.map((sum, i) => sum + bias[i % outputs]!) : sums;
  return {
    expected: [normalized(biased, norm, true)],
    compute: () => [
      convolveNormalized(tensor(x, shape) as tf.Tensor4D, tensor(filter, [k, k, channels, outputs]), {
        bias: isBiased ? tf.tensor1d(bias) : null,
        norm: statistics(norm),
        activation: 'silu',
      }),
    ],
  };
}

function expanded(shape: Shape, [hidden, outputs]: [number, number], k: number, upsample: boolean): Case {
  const [batch, height, width, channels] = shape;
  const [x, expand] = [random(shape), random([channels, hidden])];
  const [spatial, reduce] = [random([k, k, hidden]), random([hidden, outputs])];
  const norms = [channels, hidden, hidden, outputs].map(randomNorm) as [Norm, Norm, Norm, Norm];
  const many = normalized(
    convolved(normalized(x, norms[0], false), shape, expand, [1, hidden], false),
    norms[1],
    true,
  );
  const scale = upsample ? 2 : 1;
  const large: Shape = [batch, scale * height, scale * width, hidden];
  const spread = upsample ? upsampled(many, [batch, height, width, hidden]) : many;
  const filtered = normalized(convolved(spread, large, spatial, [k, hidden], true), norms[2], true);
  const result = normalized(convolved(filtered, large, reduce, [1, outputs], false), norms[3], false);
  return {
    expected: [result],
    compute: () => [
      expansion(tensor(x, shape) as tf.Tensor4D, {
        before: statistics(norms[0]),
        expand: { filter: tensor(expand, [1, 1, channels, hidden]), norm: statistics(norms[1]) },
        spatial: { filter: tensor(spatial, [k, k, hidden, 1]), norm: statistics(norms[2]) },
        reduce: { filter: tensor(reduce, [1, 1, hidden, outputs]), norm: statistics(norms[3]) },
        upsample,
      }),
    ],
  };
}

/** v = W' u and u = W'' v, each of length 1, so often; the weight is `[rows, columns]`. */
function iterated(weight: Float32Array, rows: number, columns: number, before: Float32Array, times: number) {
  let [u, v, norm] = [Float64Array.from(before), new Float64Array(rows), 0];
  const unit = (x: Float64Array) => x.map((value) => value / Math.max(1e-12, Math.hypot(...x)));
  for (let k = 0; k < times; k += 1) {
    const now = u;
    v = unit(v.map((_, r) => now.reduce((sum, value, c) => sum + weight[r * columns + c]! * value, 0)));
    const b = now.map((_, c) => v.reduce((sum, value, r) => sum + weight[r * columns + c]! * value, 0));
    norm = Math.hypot(...b);
    u = unit(b);
  }
  return { u: norm > 1e-12 ? u : Float64Array.from(before), v, norm };
}

function singularValues(shapes: readonly Shape[], iterations: number): Case {
  const weights = shapes.map((shape, i) => (i === 1 ? random(shape).fill(0) : random(shape)));
  const layers = shapes.map(([height, width, inputs, outputs]) => ({
    rows: height * width * inputs,
    columns: outputs,
  }));
  const begins = layers.map((_, i) => layers.slice(0, i).reduce((sum, { columns }) => sum + columns, 0));
  const before = random([layers.reduce((sum, { columns }) => sum + columns, 0)]);
  const factor = 0.3;
  const each = layers.map(({ rows, columns }, i) =>
    iterated(weights[i]!, rows, columns, before.slice(begins[i], begins[i]! + columns), iterations),
  );
  const gradients = each.map(({ u, v }) =>
    Float64Array.from([...v].flatMap((a) => [...u].map((b) => factor * a * b))),
  );
  return {
    expected: [
      [factor * each.reduce((sum, { norm }) => sum + norm, 0)],
      each.flatMap(({ u }) => [...u]),
      ...gradients,
    ],
    compute: () => {
      const given = weights.map((values, i) => tensor(values, shapes[i]!));
      const found: tf.Tensor[] = [];
      const { value, gradients: ours } = gradientsOf(() => {
        const norms = spectralNorms(
          given.map((weight, i) => ({ weight, rows: layers[i]!.rows })),
          tf.tensor1d(before),
          iterations,
        );
        found.push(norms.vectors);
        return tf.mul(norms.sum, factor);
      }, given);
      return [value, ...found, ...(ours as tf.Tensor[])];
    },
  };
}

/** Tensors that occur several times in a sum; their gradients are added up in groups. */
function repeated(shapes: readonly (readonly number[])[]): Case {
  const xs = shapes.map(random);
  const factors = [0, 1, 2].map(() => shapes.map(random));
  return {
    expected: xs.map((x, i) =>
      Float64Array.from(x, (_, k) => factors.reduce((sum, each) => sum + each[i]![k]!, 0)),
    ),
    compute: () => {
      const given = xs.map((x, i) => tensor(x, shapes[i]!));
      const { value, gradients } = gradientsOf(() => {
        const terms = factors.flatMap((each) =>
          given.map((x, i) => tf.sum(tf.mul(x, tensor(each[i]!, shapes[i]!)))),
        );
        return terms.reduce((sum, term) => tf.add(sum, term));
      }, given);
      value.dispose();
      return gradients as tf.Tensor[];
    },
  };
}

/** Splits `[rows, width]` into parts, and joins them in the opposite order. */
function partsAndJoin(rows: number, sizes: readonly number[], axis: 0 | 1): Case {
  const width = sizes.reduce((sum, size) => sum + size, 0);
  const x = random([rows, width]);
  const begins = sizes.map((_, i) => sizes.slice(0, i).reduce((sum, size) => sum + size, 0));
  const part = (i: number) =>
    Float32Array.from({ length: rows * sizes[i]! }, (_, k) =>
      axis === 1
        ? x[Math.floor(k / sizes[i]!) * width + begins[i]! + (k % sizes[i]!)]!
        : x[begins[i]! * rows + k]!,
    );
  const parts = sizes.map((_, i) => part(i));
  const joined = axis === 0 ? parts.toReversed().flatMap((values) => [...values]) : null;
  return {
    expected: [...parts, ...(joined ? [joined] : [])],
    compute: () => {
      const given = tensor(x, axis === 1 ? [rows, width] : [width, rows]);
      const split = tf.split(given, [...sizes], axis);
      return [...split, ...(joined ? [tf.concat(split.toReversed(), 0)] : [])];
    },
  };
}

const cases: readonly (readonly [name: string, Case])[] = [
  ['upsampling', upsampling([2, 3, 5, 7])],
  ['upsampling of one pixel', upsampling([1, 1, 1, 33])],
  ['convolution with norm', normalizedConvolution([2, 5, 7, 3], 3, 37, false)],
  ['convolution with a bias and norm', normalizedConvolution([3, 9, 5, 40], 3, 5, true)],
  ['convolution of many channels with norm', normalizedConvolution([1, 3, 3, 301], 1, 6, true)],
  ['expansion', expanded([2, 5, 3, 13], [39, 13], 5, false)],
  ['expansion with upsampling', expanded([1, 4, 3, 17], [51, 8], 5, true)],
  ['expansion of many channels', expanded([1, 3, 2, 130], [390, 70], 3, false)],
  [
    'spectral norms',
    singularValues(
      [
        [3, 3, 5, 9],
        [3, 3, 5, 9],
        [1, 1, 40, 33],
        [5, 5, 7, 1],
      ],
      1,
    ),
  ],
  [
    'spectral norms after three iterations',
    singularValues(
      [
        [1, 1, 1, 4],
        [1, 1, 3, 2],
        [3, 3, 31, 70],
        [1, 1, 70, 90],
        [1, 1, 8, 8],
        [1, 1, 9, 300],
        [1, 1, 2, 2],
        [1, 1, 300, 9],
      ],
      3,
    ),
  ],
  ['sums of gradients', repeated([[3], [70, 5], [1], [2, 2, 2], [301], [8], [9]])],
  ['parts of columns', partsAndJoin(7, [3, 1, 5, 2, 8, 33, 1, 4, 9], 1)],
  ['parts of rows', partsAndJoin(5, [4, 1, 30], 0)],
];

const subgroups = await startWebgpu();
for (const [name, { compute, expected }] of cases) {
  const before = tf.memory().numTensors;
  const run = async () => {
    const results = tf.tidy(compute);
    const values = await Promise.all(results.map((result) => result.data()));
    tf.dispose(results);
    return values;
  };
  const [once, again] = [await run(), await run()];
  const errors = once.map((values, i) => relativeError(values, expected[i] ?? []));
  const same = once.every((values, i) => values.every((value, k) => Object.is(value, again[i]![k])));
  const left = tf.memory().numTensors - before;
  const complete = once.length === expected.length;
  process.stdout.write(
    `${JSON.stringify({ name, complete, error: Math.max(...errors), same, left, subgroups })}\n`,
  );
}
releaseGpu();
