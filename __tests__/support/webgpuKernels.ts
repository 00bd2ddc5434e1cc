/**
 * Runs as a separate process for webgpuKernels.test.ts: computes every fused operation and its gradients on random shapes, on webgpu twice
 * and on cpu, where it is composed of ordinary operations. Prints one line of JSON per operation.
 */
import fc from 'fast-check';
import { useEngine } from '../../src/engine/index.js';
import {
  adamaxUpdate,
  batchNormInference,
  batchNormTrain,
  convolveBiased,
  globalNorm,
  largestMagnitudes,
  moveAverages,
  silu,
  softClamp,
  spectralPenalties,
  squeezeExcite,
  weightNorm,
} from '../../src/engine/ops.js';
import { PackedVariables, packShape, planPacks } from '../../src/engine/packs.js';
import * as tf from '../../src/engine/tf.js';
import { releaseGpu } from '../../src/engine/webgpu/dawn.js';
import { gaussianMixtureLogProb } from '../../src/model/distributions/gaussianMixture.js';
import { jointLogisticMixtureLogProb } from '../../src/model/distributions/jointLogisticMixture.js';
import { logisticMixtureLogProb } from '../../src/model/distributions/logisticMixture.js';
import { pseudoRandom, relativeError } from './naiveConvolution.mjs';

/** Inputs by shape, and what is computed from them; differentiated in all inputs, by gradients of the first result. */
interface Case {
  readonly shapes: readonly (readonly number[])[];
  readonly compute: (inputs: readonly tf.Tensor[]) => tf.Tensor | readonly tf.Tensor[];
  /** How many of the inputs, from the first on. @default all */
  readonly differentiableIn?: number;
}

type Make = (size: (most: number) => number) => Case;

type LogProb = (parameters: tf.Tensor2D, x: tf.Tensor, attributes: { normalized: boolean }) => tf.Tensor;

const channelVector = (t: tf.Tensor) => tf.add(tf.square(t), 0.1);

/** A variable with memory of its own, which a kernel may change. */
function variableOf(values: tf.Tensor): tf.Variable {
  const own = tf.mul(values, 1);
  const variable = tf.variable(own);
  own.dispose();
  return variable;
}

function released(variables: readonly tf.Variable[]): tf.Tensor[] {
  const results = variables.map((variable) => tf.clone(variable) as tf.Tensor);
  for (const variable of variables) variable.dispose();
  return results;
}

/** Parameters and their state after two updates. */
function adamaxOf(values: readonly tf.Tensor[], isAveraged: boolean): tf.Tensor[] {
  const parameters = values.map(variableOf);
  const [pack] = planPacks(
    values.map(({ shape }) => shape),
    2 ** 22,
  );
  const packed = new PackedVariables(pack!, parameters);
  const gradient = tf.add(tf.neg(tf.concat(values.map((value) => tf.reshape(value, [-1])))), 0.2);
  const [momentum, maximum, average] = [0.1, 0.5, 0.3].map((by) =>
    variableOf(tf.abs(tf.mul(tf.reshape(gradient, packShape(pack!)), by))),
  ) as [tf.Variable, tf.Variable, tf.Variable];
  const tensors = {
    ...{ parameters: packed, gradient: tf.reshape(gradient, packShape(pack!)), momentum, maximum },
    ...(isAveraged && { average }),
  };
  const rates = { learningRate: 0.01, beta1: 0.9, beta2: 0.99, epsilon: 1e-8 };
  const options = { ...rates, weightDecay: 1e-3, gradientScale: 0.7, averageWeight: 0.2 };
  for (let i = 0; i < 2; i += 1) adamaxUpdate(tensors, options);
  packed.dispose();
  return released([...parameters, momentum, maximum, average]);
}

const cases: Readonly<Record<string, Make>> = {
  silu: (size) => ({ shapes: [[size(9), size(300)]], compute: ([x]) => silu(tf.mul(x!, 20)) }),
  softClamp: (size) => ({ shapes: [[size(9), size(300)]], compute: ([x]) => softClamp(tf.mul(x!, 20)) }),
  batchNorm: (size) => {
    const channels = size(70);
    const activation = size(2) === 1 ? 'none' : 'silu';
    return {
      shapes: [[size(3), size(40), size(5) + 1, channels], [channels], [channels]],
      compute: ([x, gamma, beta]) => {
        const { y, mean, variance } = batchNormTrain(
          tf.add(x!, 3) as tf.Tensor4D,
          gamma as tf.Tensor1D,
          beta as tf.Tensor1D,
          1e-5,
          activation,
        );
        return [y, mean, variance];
      },
    };
  },
  batchNormInference: (size) => {
    const channels = size(70);
    return {
      shapes: [[size(3), size(9), size(9), channels], [channels], [channels], [channels], [channels]],
      compute: ([x, mean, variance, gamma, beta]) =>
        batchNormInference(
          x as tf.Tensor4D,
          mean as tf.Tensor1D,
          channelVector(variance!) as tf.Tensor1D,
          gamma as tf.Tensor1D,
          beta as tf.Tensor1D,
          1e-5,
          'silu',
        ),
      differentiableIn: 0,
    };
  },
  squeezeExcite: (size) => {
    const [channels, hidden] = [size(70), size(40)];
    const image = [size(4), size(12), size(12), channels];
    return {
      shapes: [image, image, [channels, hidden], [hidden], [hidden, channels], [channels]],
      compute: ([skip, branch, w1, b1, w2, b2]) =>
        squeezeExcite(
          skip as tf.Tensor4D,
          branch as tf.Tensor4D,
          { w1: w1!, b1: b1!, w2: w2!, b2: b2! },
          0.1,
        ),
    };
  },
  convolution: (size) => {
    const [stride, filter] = [size(2), 2 * size(3) - 1];
    const [inputs, outputs] = [size(80), size(80)];
    return {
      shapes: [[size(3), size(20), size(20), inputs], [filter, filter, inputs, outputs], [outputs]],
      compute: ([x, weights, bias]) =>
        convolveBiased(x as tf.Tensor4D, weights!, bias!, { stride: stride as 1 | 2 }),
    };
  },
  manyTiles: (size) => {
    const [inputs, outputs] = [3 + size(2), 33 + size(90)];
    return {
      shapes: [
        [2, 31 + size(10), 31 + size(10), inputs],
        [3, 3, inputs, outputs],
      ],
      compute: ([x, filter]) => tf.conv2d(x as tf.Tensor4D, filter as tf.Tensor4D, 1, 'same'),
    };
  },
  depthwise: (size) => {
    const [stride, filter, channels] = [size(2), 2 * size(3) - 1, size(70)];
    return {
      shapes: [
        [size(3), size(20), size(20), channels],
        [filter, filter, channels, 1],
      ],
      compute: ([x, weights]) =>
        tf.depthwiseConv2d(
          x as tf.Tensor4D,
          weights as tf.Tensor4D,
          stride,
          (filter - 1) / 2,
          'NHWC',
          1,
          'floor',
        ),
    };
  },
  spectralPenalties: (size) => {
    const shapes = Array.from({ length: size(15) }, () => [3, 3, size(20), 4 + size(70)]);
    return {
      shapes,
      compute: (weights) =>
        spectralPenalties(
          weights.map((weight, i) => ({
            weight,
            start: pseudoRandom(9 * weight.shape[2]!, i + 5),
            inputs: weight.shape[2]!,
          })),
        ),
    };
  },
  largestMagnitudes: (size) => ({
    shapes: Array.from({ length: size(20) }, () => [size(300)]),
    compute: (xs) => largestMagnitudes(xs.map((x) => tf.div(tf.round(tf.mul(x, 40)), 40))),
  }),
  adamax: (size) => {
    const shapes = Array.from({ length: size(11) }, () => [size(9), size(90)]);
    const isAveraged = size(2) === 1;
    return { shapes, compute: (values) => adamaxOf(values, isAveraged), differentiableIn: 0 };
  },
  averages: (size) => {
    const shapes = Array.from({ length: size(11) }, () => [size(300)]);
    const floor = size(2) === 1 ? {} : { floor: 0.1 };
    return {
      shapes: [...shapes, ...shapes],
      compute: (all) => {
        const variables = all.slice(0, shapes.length).map(variableOf);
        moveAverages(variables, all.slice(shapes.length), { weight: 0.3, factor: 1.2, ...floor });
        return released(variables);
      },
      differentiableIn: 0,
    };
  },
  globalNorm: (size) => ({
    shapes: Array.from({ length: size(20) }, () => [size(30), size(300)]),
    compute: (xs) => globalNorm(xs),
    differentiableIn: 0,
  }),
  sumOfPixels: (size) => ({
    shapes: [[size(4), size(40), size(40), size(70)]],
    compute: ([x]) => tf.sum(x!, [0, 1, 2]),
  }),
  gaussianMixture: mixture(gaussianMixtureLogProb as LogProb, 3, 1),
  logisticMixture: mixture(logisticMixtureLogProb as LogProb, 3, 1),
  jointLogisticMixture: mixture(jointLogisticMixtureLogProb as LogProb, 10, 3),
  weightNorm: (size) => {
    const columns = size(70);
    return {
      shapes: [[size(5), size(5), size(20), columns], [columns]],
      compute: ([v, g]) => weightNorm(v!, g!),
    };
  },
};

/** Raw parameters of a mixture, some of them beyond their bounds, and colours, some of them the first and the last. */
function mixture(logProb: LogProb, perComponent: number, colours: number): Make {
  return (size) => {
    const rows = size(300);
    const normalized = size(2) === 1;
    return {
      shapes: [
        [rows, perComponent * size(11)],
        [rows, colours],
      ],
      compute: ([parameters, raw]) => {
        const levels = tf.clipByValue(tf.round(tf.mul(raw!, 280)), -127, 128);
        const x = tf.div(tf.add(levels, 127), 255);
        return logProb(tf.mul(parameters!, 6) as tf.Tensor2D, colours === 1 ? tf.reshape(x, [-1]) : x, {
          normalized,
        });
      },
      differentiableIn: 1,
    };
  };
}

/** Random sizes, small ones and 1 more often than others; the same in every run. */
function sizesOf(name: string, i: number): (most: number) => number {
  let draws = 0;
  return (most) => {
    draws += 1;
    const seed = [...`${name}/${i}/${draws}`].reduce((hash, c) => (hash * 31 + c.charCodeAt(0)) | 0, 7);
    return fc.sample(fc.integer({ min: 1, max: most }), { numRuns: 1, seed })[0]!;
  };
}

function inputOf(shape: readonly number[], seed: number): tf.Tensor {
  return tf.tensor(pseudoRandom(tf.util.sizeFromShape([...shape]), seed), [...shape]);
}

async function resultsOf({
  shapes,
  compute,
  differentiableIn = shapes.length,
}: Case): Promise<Float32Array[]> {
  const tensors = tf.tidy(() => {
    const inputs = shapes.map((shape, i) => inputOf(shape, i + 1));
    const results = [compute(inputs)].flat() as tf.Tensor[];
    if (differentiableIn === 0) return results;
    const dy = inputOf(results[0]!.shape, 99);
    const [variable, constant] = [inputs.slice(0, differentiableIn), inputs.slice(differentiableIn)];
    const first = (...given: tf.Tensor[]) => [compute([...given, ...constant])].flat()[0] as tf.Tensor;
    return [...results, ...tf.grads(first)(variable, dy)];
  });
  const values = await Promise.all(tensors.map((tensor) => tensor.data()));
  tf.dispose(tensors);
  return values.map((each) => Float32Array.from(each as Float32Array));
}

function errorOf(actual: readonly Float32Array[], expected: readonly Float32Array[]): number {
  return Math.max(...expected.map((values, i) => relativeError(actual[i] ?? [], values)));
}

const isSame = (a: readonly Float32Array[], b: readonly Float32Array[]) =>
  a.every((values, i) => values.every((value, k) => Object.is(value, b[i]?.[k])));

const [runs = '6', ...names] = process.argv.slice(2);
for (const [name, make] of Object.entries(cases)) {
  if (names.length > 0 && !names.includes(name)) continue;
  const given = Array.from({ length: Number(runs) }, (_, i) => make(sizesOf(name, i)));
  await useEngine('cpu');
  const expected: Float32Array[][] = [];
  for (const each of given) expected.push(await resultsOf(each));
  await useEngine('webgpu');
  const before = tf.memory().numTensors;
  const outcomes = [];
  for (const [i, each] of given.entries()) {
    const [actual, again] = [await resultsOf(each), await resultsOf(each)];
    outcomes.push({ error: errorOf(actual, expected[i]!), shapes: each.shapes, same: isSame(actual, again) });
  }
  const worst = outcomes.reduce((a, b) => (b.error <= a.error ? a : b));
  const same = outcomes.every((each) => each.same);
  const left = tf.memory().numTensors - before;
  process.stdout.write(`${JSON.stringify({ name, error: worst.error, shapes: worst.shapes, same, left })}\n`);
}
releaseGpu();
