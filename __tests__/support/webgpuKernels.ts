/**
 * Runs as a separate process for webgpuKernels.test.ts: computes every operation that has a kernel of our own, and its gradients, on random
 * shapes, on webgpu twice and by its definition in float64. Prints one line of JSON per operation.
 */
import fc from 'fast-check';
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
import { releaseGpu } from '../../src/engine/webgpu/loader.js';
import { gaussianMixtureLogProb } from '../../src/model/distributions/gaussianMixture.js';
import { jointLogisticMixtureLogProb } from '../../src/model/distributions/jointLogisticMixture.js';
import { logisticMixtureLogProb } from '../../src/model/distributions/logisticMixture.js';
import * as layers from './definitions/layers.js';
import { logOfColour, logOfLevel, logOfPixel, slopesOf } from './definitions/mixtures.js';
import {
  differentiate,
  dot,
  largest,
  magnitude,
  type Scalar,
  scalars,
  squareRoot,
  sum,
  valuesOf,
} from './definitions/scalar.js';
import { type AdamaxState, adamax, movedAverage } from './definitions/updates.js';
import { naiveConvolution, pseudoRandom, relativeError } from './naiveConvolution.mjs';
import { startWebgpu } from './webgpuSubgroups.js';

type Numbers = Float32Array | Float64Array;

interface Input {
  readonly shape: readonly number[];
  /** From random numbers in [-1, 1). @default the numbers themselves */
  readonly of?: (value: number) => number;
}

/** What is right: the results, and the gradients in the inputs of the sum of dy times the first result. */
interface Expected {
  readonly results: readonly Numbers[];
  readonly gradients?: readonly Numbers[];
  /** How far the rounding of float32 alone may move a gradient, in addition to what is allowed everywhere. @default nothing */
  readonly rounding?: readonly Numbers[];
}

interface Case {
  readonly inputs: readonly Input[];
  readonly compute: (inputs: readonly tf.Tensor[]) => tf.Tensor | readonly tf.Tensor[];
  readonly expected: (values: readonly Float32Array[], dy: Float32Array) => Expected;
  /** In how many of the inputs it is differentiated, from the first on. @default all */
  readonly differentiableIn?: number;
}

type Make = (size: (most: number) => number) => Case;

/** A definition that is written in scalars; it has gradients in all inputs. */
function inScalars(define: (inputs: Scalar[][]) => Scalar[][]): Case['expected'] {
  return (values, dy) => {
    const inputs = values.map(scalars);
    const results = define(inputs);
    differentiate(results[0]!, dy);
    return {
      results: results.map(valuesOf),
      gradients: inputs.map((input) => Float64Array.from(input, ({ gradient }) => gradient)),
    };
  };
}

function eachValue(operation: (x: tf.Tensor) => tf.Tensor, define: (x: Scalar) => Scalar): Make {
  return (size) => ({
    inputs: [{ shape: [size(9), size(300)], of: (value) => 20 * value }],
    compute: ([x]) => operation(x!),
    expected: inScalars(([x]) => [x!.map(define)]),
  });
}

/** The sizes of a convolution with (k - 1) / 2 pixels of padding, as naiveConvolution takes them. */
function convolutionShape(x: readonly number[], filter: readonly number[], stride: number): number[] {
  const [batch, height, width, channels] = x as [number, number, number, number];
  const [filterHeight, filterWidth, , outputs] = filter as [number, number, number, number];
  const pad = (filterHeight - 1) / 2;
  const [outHeight, outWidth] = [height, width].map((length) => Math.ceil(length / stride));
  const sizes = [batch, height, width, channels, outHeight!, outWidth!, outputs];
  return [...sizes, filterHeight, filterWidth, stride, stride, pad, pad];
}

/** Of x, filter, and a bias if there is one. */
function convolved(inputs: readonly Input[], stride: number, depthwise = false): Case['expected'] {
  const shape = convolutionShape(inputs[0]!.shape, inputs[1]!.shape, stride);
  if (depthwise) shape[6] = shape[3]!;
  return ([x, filter, bias], dy) => {
    const { y, dx, dfilter } = naiveConvolution(shape, x!, filter!, dy, depthwise);
    const outputs = shape[6]!;
    const dbias = new Float64Array(outputs);
    dy.forEach((value, i) => {
      dbias[i % outputs]! += value;
    });
    return {
      results: [bias ? y.map((value, i) => value + bias[i % outputs]!) : y],
      gradients: [dx, dfilter, dbias],
    };
  };
}

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

const adamaxOptions = {
  ...{ learningRate: 0.01, beta1: 0.9, beta2: 0.99, epsilon: 1e-8 },
  ...{ weightDecay: 1e-3, gradientScale: 0.7, averageWeight: 0.2 },
};
const adamaxSteps = 2;

/** Parameters and their state after the updates. */
function adamaxOf(values: readonly tf.Tensor[], [gradient, ...states]: readonly tf.Tensor[]): tf.Tensor[] {
  const parameters = values.map(variableOf);
  const [pack] = planPacks(
    values.map(({ shape }) => shape),
    2 ** 22,
  );
  const packed = new PackedVariables(pack!, parameters);
  const inPack = (tensor: tf.Tensor) => tf.reshape(tensor, packShape(pack!));
  const [momentum, maximum, average] = states.map((state) => variableOf(inPack(state)));
  const state = { momentum: momentum!, maximum: maximum!, ...(average && { average }) };
  for (let i = 0; i < adamaxSteps; i += 1)
    adamaxUpdate({ parameters: packed, gradient: inPack(gradient!), ...state }, adamaxOptions);
  packed.dispose();
  return released([...parameters, ...Object.values(state)]);
}

/** The same by definition. */
function adamaxExpected(
  values: readonly Float32Array[],
  [gradient, momentum, maximum, average]: readonly Float32Array[],
): Numbers[] {
  const numbers = (list: ArrayLike<number>) => Float64Array.from(list);
  let state: AdamaxState = {
    parameter: numbers(values.flatMap((each) => [...each])),
    ...{ momentum: numbers(momentum!), maximum: numbers(maximum!), average: numbers(average ?? momentum!) },
  };
  for (let i = 0; i < adamaxSteps; i += 1) state = adamax(state, gradient!, adamaxOptions);
  let end = 0;
  const parameters = values.map(({ length }) => {
    end += length;
    return state.parameter.slice(end - length, end);
  });
  return [...parameters, state.momentum, state.maximum, ...(average ? [state.average] : [])];
}

const cases: Readonly<Record<string, Make>> = {
  silu: eachValue(silu, layers.silu),
  softClamp: eachValue(softClamp, layers.softClamp),
  batchNorm: (size) => {
    const channels = size(70);
    const activation = size(2) === 1 ? 'none' : 'silu';
    const x = { shape: [size(3), size(40), size(5) + 1, channels], of: (value: number) => value + 3 };
    return {
      inputs: [x, { shape: [channels] }, { shape: [channels] }],
      compute: ([x, gamma, beta]) => {
        const { y, mean, variance } = batchNormTrain(
          x as tf.Tensor4D,
          gamma as tf.Tensor1D,
          beta as tf.Tensor1D,
          1e-5,
          activation,
        );
        return [y, mean, variance];
      },
      expected: inScalars(([x, gamma, beta]) => {
        const { mean, variance } = layers.statisticsOf(x!, channels);
        const y = layers.normalized(x!, { mean, variance, gamma: gamma!, beta: beta! }, 1e-5);
        return [activation === 'silu' ? y.map(layers.silu) : y, mean, variance];
      }),
    };
  },
  batchNormInference: (size) => {
    const channels = size(70);
    const vector = { shape: [channels] };
    const variances = { ...vector, of: (value: number) => value ** 2 + 0.1 };
    return {
      inputs: [{ shape: [size(3), size(9), size(9), channels] }, vector, variances, vector, vector],
      compute: ([x, ...vectors]) => {
        const given = vectors as [tf.Tensor1D, tf.Tensor1D, tf.Tensor1D, tf.Tensor1D];
        return batchNormInference(x as tf.Tensor4D, ...given, 1e-5, 'silu');
      },
      expected: inScalars(([x, mean, variance, gamma, beta]) => {
        const normalization = { mean: mean!, variance: variance!, gamma: gamma!, beta: beta! };
        return [layers.normalized(x!, normalization, 1e-5).map(layers.silu)];
      }),
      differentiableIn: 0,
    };
  },
  squeezeExcite: (size) => {
    const [channels, hidden] = [size(70), size(40)];
    const [height, width] = [size(12), size(12)];
    const image = [size(4), height, width, channels];
    const shapes = [image, image, [channels, hidden], [hidden], [hidden, channels], [channels]];
    return {
      inputs: shapes.map((shape) => ({ shape })),
      compute: ([skip, branch, w1, b1, w2, b2]) => {
        const weights = { w1: w1!, b1: b1!, w2: w2!, b2: b2! };
        return squeezeExcite(skip as tf.Tensor4D, branch as tf.Tensor4D, weights, 0.1);
      },
      expected: inScalars(([skip, branch, w1, b1, w2, b2]) => {
        const weights = { w1: w1!, b1: b1!, w2: w2!, b2: b2! };
        return [layers.squeezeExcite(skip!, branch!, weights, height * width, 0.1)];
      }),
    };
  },
  convolution: (size) => {
    const [stride, filter] = [size(2) as 1 | 2, 2 * size(3) - 1];
    const [channels, outputs] = [size(80), size(80)];
    const image = [size(3), size(20), size(20), channels];
    const inputs = [image, [filter, filter, channels, outputs], [outputs]].map((shape) => ({ shape }));
    return {
      inputs,
      compute: ([x, weights, bias]) => convolveBiased(x as tf.Tensor4D, weights!, bias!, { stride }),
      expected: convolved(inputs, stride),
    };
  },
  manyTiles: (size) => {
    const [channels, outputs] = [3 + size(2), 33 + size(90)];
    const image = [2, 31 + size(10), 31 + size(10), channels];
    const inputs = [image, [3, 3, channels, outputs]].map((shape) => ({ shape }));
    return {
      inputs,
      compute: ([x, filter]) => tf.conv2d(x as tf.Tensor4D, filter as tf.Tensor4D, 1, 'same'),
      expected: convolved(inputs, 1),
    };
  },
  depthwise: (size) => {
    const [stride, filter, channels] = [size(2), 2 * size(3) - 1, size(70)];
    const image = [size(3), size(20), size(20), channels];
    const inputs = [image, [filter, filter, channels, 1]].map((shape) => ({ shape }));
    const pad = (filter - 1) / 2;
    return {
      inputs,
      compute: ([x, weights]) =>
        tf.depthwiseConv2d(x as tf.Tensor4D, weights as tf.Tensor4D, stride, pad, 'NHWC', 1, 'floor'),
      expected: convolved(inputs, stride, true),
    };
  },
  spectralPenalties: (size) => {
    const weights = Array.from({ length: size(15) }, (_, i) => {
      const [channels, outputs] = [size(20), size(8) === 1 ? 1 : size(74)];
      const start = pseudoRandom(9 * channels, i + 5);
      return { shape: [3, 3, channels, outputs], start, inputs: channels };
    });
    return {
      inputs: weights,
      compute: (tensors) => spectralPenalties(tensors.map((weight, i) => ({ ...weights[i]!, weight }))),
      expected: inScalars((given) => [
        [sum(given.map((each, i) => layers.spectralPenalty(each, weights[i]!.start, weights[i]!.inputs)))],
      ]),
    };
  },
  largestMagnitudes: (size) => ({
    // In steps, so that several may be the largest.
    inputs: Array.from({ length: size(20) }, () => ({
      shape: [size(300)],
      of: (value) => Math.round(value * 40) / 40,
    })),
    compute: (xs) => largestMagnitudes(xs),
    expected: inScalars((xs) => [[sum(xs.map((x) => largest(x.map(magnitude))))]]),
  }),
  adamax: (size) => {
    const parameters = Array.from({ length: size(11) }, () => ({ shape: [size(9), size(90)] }));
    const flat = { shape: [parameters.reduce((total, { shape: [a, b] }) => total + a! * b!, 0)] };
    const maximum = { ...flat, of: (value: number) => Math.abs(value) / 2 };
    const count = parameters.length;
    return {
      inputs: [...parameters, flat, flat, maximum, ...(size(2) === 1 ? [flat] : [])],
      compute: (all) => adamaxOf(all.slice(0, count), all.slice(count)),
      expected: (all) => ({ results: adamaxExpected(all.slice(0, count), all.slice(count)) }),
      differentiableIn: 0,
    };
  },
  averages: (size) => {
    const inputs = Array.from({ length: size(11) }, () => ({ shape: [size(300)] }));
    const count = inputs.length;
    const options = { weight: 0.3, factor: 1.2, ...(size(2) === 1 && { floor: 0.1 }) };
    return {
      inputs: [...inputs, ...inputs],
      compute: (all) => {
        const variables = all.slice(0, count).map(variableOf);
        moveAverages(variables, all.slice(count), options);
        return released(variables);
      },
      expected: (all) => ({
        results: all.slice(0, count).map((average, i) => movedAverage(average, all[count + i]!, options)),
      }),
      differentiableIn: 0,
    };
  },
  globalNorm: (size) => ({
    inputs: Array.from({ length: size(20) }, () => ({ shape: [size(70), size(300)] })),
    compute: (xs) => globalNorm(xs),
    expected: inScalars((xs) => [[squareRoot(sum(xs.map((x) => dot(x, x))))]]),
    differentiableIn: 0,
  }),
  sumOfPixels: (size) => ({
    inputs: [{ shape: [size(4), size(40), size(40), size(70)] }],
    compute: ([x]) => tf.sum(x!, [0, 1, 2]),
    expected: ([x], dy) => {
      const sums = new Float64Array(dy.length);
      x!.forEach((value, i) => {
        sums[i % dy.length]! += value;
      });
      return { results: [sums], gradients: [Float64Array.from(x!, (_, i) => dy[i % dy.length]!)] };
    },
  }),
  gaussianMixture: mixture(gaussianMixtureLogProb as LogProb, (raw, [x]) => logOfColour(raw, x!)),
  logisticMixture: mixture(logisticMixtureLogProb as LogProb, (raw, [x], normalized) =>
    logOfLevel(raw, 255 * x!, normalized),
  ),
  jointLogisticMixture: mixture(
    jointLogisticMixtureLogProb as LogProb,
    (raw, colours, normalized) =>
      logOfPixel(
        raw,
        colours.map((x) => 255 * x),
        normalized,
      ),
    { perComponent: 10, colours: 3 },
  ),
  weightNorm: (size) => {
    const columns = size(70);
    return {
      inputs: [{ shape: [size(5), size(5), size(20), columns] }, { shape: [columns] }],
      compute: ([v, g]) => weightNorm(v!, g!),
      expected: inScalars(([v, g]) => [layers.weightNorm(v!, g!)]),
    };
  },
};

type LogProb = (parameters: tf.Tensor2D, x: tf.Tensor, attributes: { normalized: boolean }) => tf.Tensor;
type Definition = (raw: readonly number[], colours: readonly number[], normalized: boolean) => number;

/** Raw parameters of a mixture, some of them beyond their bounds, and colours, some of them the first and the last. */
function mixture(
  logProb: LogProb,
  define: Definition,
  { perComponent, colours } = { perComponent: 3, colours: 1 },
): Make {
  return (size) => {
    const rows = size(300);
    const normalized = size(2) === 1;
    const level = (value: number) => Math.min(255, Math.max(0, Math.round(280 * value) + 127));
    const width = perComponent * size(11);
    return {
      inputs: [
        { shape: [rows, width], of: (value) => 8 * value },
        { shape: colours === 1 ? [rows] : [rows, colours], of: (value) => level(value) / 255 },
      ],
      compute: ([parameters, x]) => logProb(parameters as tf.Tensor2D, x!, { normalized }),
      expected: ([parameters, x], dy) => {
        const results = new Float64Array(rows);
        const [gradients, rounding] = [new Float64Array(rows * width), new Float64Array(rows * width)];
        for (let row = 0; row < rows; row += 1) {
          const raw = [...parameters!.subarray(row * width, (row + 1) * width)];
          const pixel = [...x!.subarray(row * colours, (row + 1) * colours)];
          const f = (values: readonly number[]) => define(values, pixel, normalized);
          results[row] = f(raw);
          const gradient = slopesOf(f, raw, 1e-6).map((slope) => slope * dy[row]!);
          const scales = colours === 1 ? [0] : raw.slice((4 * width) / 10, (7 * width) / 10);
          const largest = Math.max(...gradient.map(Math.abs));
          gradients.set(gradient, row * width);
          rounding.fill(largest * roundingOf(results[row]!, scales), row * width, (row + 1) * width);
        }
        return { results: [results], gradients: [gradients], rounding: [rounding] };
      },
      differentiableIn: 1,
    };
  };
}

/**
 * Two components that fit a colour equally badly share its gradient by the difference of their log densities. float32 rounds scale and distance
 * of each by half a unit in the last place at least: 2^-24 of the log density, four times. A mean that depends on the other colours is
 * rounded, too, and so is its coefficient; a quarter of that, in scales, is what a sigmoid makes of it.
 */
function roundingOf(logDensity: number, scales: readonly number[]): number {
  const narrowest = Math.exp(Math.min(7, -Math.min(...scales)));
  return 2 ** -24 * Math.max(4 * Math.abs(logDensity), narrowest / 2);
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

function valuesIn({ shape, of = (value) => value }: Input, seed: number): Float32Array {
  return pseudoRandom(tf.util.sizeFromShape([...shape]), seed).map(of);
}

interface Computed {
  readonly results: Float32Array[];
  readonly gradients: Float32Array[];
  readonly dy: Float32Array;
}

/** On the engine in use. */
async function computed({ inputs, compute, differentiableIn = inputs.length }: Case): Promise<Computed> {
  let dy: Float32Array = new Float32Array();
  const [results, gradients] = tf.tidy(() => {
    const tensors = inputs.map((input, i) => tf.tensor(valuesIn(input, i + 1), [...input.shape]));
    const results = [compute(tensors)].flat() as tf.Tensor[];
    const [{ size, shape }] = results as [tf.Tensor];
    dy = pseudoRandom(size, 99);
    if (differentiableIn === 0) return [results, []];
    const constant = tensors.slice(differentiableIn);
    const first = (...given: tf.Tensor[]) => [compute([...given, ...constant])].flat()[0] as tf.Tensor;
    return [results, tf.grads(first)(tensors.slice(0, differentiableIn), tf.tensor(dy, shape))];
  });
  const read = async (tensors: readonly tf.Tensor[]) => {
    const values = await Promise.all(tensors.map((tensor) => tensor.data()));
    tf.dispose([...tensors]);
    return values.map((each) => Float32Array.from(each as Float32Array));
  };
  return { results: await read(results), gradients: await read(gradients), dy };
}

function errorOf(actual: Numbers, expected: Numbers, rounding?: Numbers): number {
  const within = (value: number, i: number) => {
    const distance = actual[i]! - value;
    return value + Math.sign(distance) * Math.max(0, Math.abs(distance) - (rounding?.[i] ?? 0));
  };
  return relativeError(expected.map(within), expected);
}

/** The largest error of a result or gradient, and which that is. */
function worstOf({ results, gradients, dy }: Computed, { inputs, expected }: Case) {
  const right = expected(
    inputs.map((input, i) => valuesIn(input, i + 1)),
    dy,
  );
  const errors = [
    ...results.map((values, i) => ({ of: `result ${i}`, error: errorOf(values, right.results[i]!) })),
    ...gradients.map((values, i) => ({
      of: `gradient ${i}`,
      error: errorOf(values, right.gradients![i]!, right.rounding?.[i]),
    })),
  ];
  return errors.reduce((a, b) => (b.error > a.error ? b : a));
}

function bitsOf({ results, gradients }: Computed): Buffer {
  return Buffer.concat([...results, ...gradients].map(({ buffer }) => Buffer.from(buffer)));
}

const [runs = '6', ...names] = process.argv.slice(2);
const subgroups = await startWebgpu();
for (const [name, make] of Object.entries(cases)) {
  if (names.length > 0 && !names.includes(name)) continue;
  const before = tf.memory().numTensors;
  const outcomes = [];
  for (let i = 0; i < Number(runs); i += 1) {
    const each = make(sizesOf(name, i));
    const [once, again] = [await computed(each), await computed(each)];
    const shapes = each.inputs.map(({ shape }) => shape);
    outcomes.push({ ...worstOf(once, each), shapes, same: bitsOf(once).equals(bitsOf(again)) });
  }
  const worst = outcomes.reduce((a, b) => (b.error <= a.error ? a : b));
  const same = outcomes.every((each) => each.same);
  const left = tf.memory().numTensors - before;
  process.stdout.write(`${JSON.stringify({ name, ...worst, same, left, subgroups })}\n`);
}
releaseGpu();
