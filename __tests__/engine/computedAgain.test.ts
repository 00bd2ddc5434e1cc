import { describe, expect, test } from '@jest/globals';
import { gradientsOf } from '../../src/engine/gradients/gradientsOf.js';
import { withHalfPrecision } from '../../src/engine/halfPrecision.js';
import { batchNormTrain, upsampleNearest2x } from '../../src/engine/ops.js';
import * as tf from '../../src/engine/tf.js';
import { inSequence } from '../../src/model/layers/inSequence.js';
import { bytesInUse } from '../support/bytesInUse.js';
import { testEngine, useTestEngine } from '../support/engine.js';
import { normalTensor } from '../support/gradients.js';

useTestEngine();

const channels = 8;

const variable = (name: string, shape: number[]): tf.Variable =>
  tf.tidy(() => tf.variable(normalTensor<tf.Tensor4D>(name, shape)));

/** A depthwise convolution in between, so that no layer's input is what is differentiated. */
function layers(depthwise: tf.Variable, gamma: tf.Variable, beta: tf.Variable) {
  const filter = depthwise as unknown as tf.Tensor4D;
  const spatial = (x: tf.Tensor4D) => tf.depthwiseConv2d(x, filter, 1, 1);
  const norm = (x: tf.Tensor4D) =>
    batchNormTrain(x, gamma as unknown as tf.Tensor1D, beta as unknown as tf.Tensor1D, 1e-5, 'silu').y;
  return { spatial, norm };
}

/** Frees the result of the last layer at once. */
function sumOf(x: tf.Tensor4D, all: readonly ((x: tf.Tensor4D) => tf.Tensor4D)[]): tf.Scalar {
  const y = inSequence(x, all);
  const sum = tf.sum<tf.Scalar>(y);
  y.dispose();
  return sum;
}

/** The values of the gradients, and the bytes that the pass kept, in units of x. */
function pass(half: boolean, x: tf.Tensor4D, f: () => tf.Tensor, xs: tf.Variable[]) {
  let kept = 0;
  // In half precision the memory itself; otherwise as tfjs counts, which is the same on all engines.
  const inUse = half ? bytesInUse : () => tf.memory().numBytes;
  const bytes = inUse();
  const counted = () => {
    const y = f();
    kept = (inUse() - bytes) / (4 * x.size);
    return y;
  };
  const { value, gradients } = withHalfPrecision(half, () => gradientsOf(counted, xs));
  const values = (gradients as tf.Tensor[]).map((gradient) => gradient.dataSync());
  tf.dispose([value, ...(gradients as tf.Tensor[])]);
  return { kept, values };
}

describe('results that are computed again', () => {
  test('should not be kept where an upsampling comes before a convolution', () => {
    const [filter, gamma, beta] = [
      variable('filter', [3, 3, channels, 1]),
      variable('g', [channels]),
      variable('b', [channels]),
    ];
    const x = normalTensor<tf.Tensor4D>('x', [2, 8, 8, channels]);
    const { numTensors } = tf.memory();
    const { spatial, norm } = layers(filter, gamma, beta);
    const f = () => sumOf(x, [norm, upsampleNearest2x, spatial]);
    const { kept, values } = pass(false, x, f, [filter, gamma, beta]);
    expect(tf.memory().numTensors).toBe(numTensors);
    // Input and output of the norm, and small statistics; not the output of the upsampling, which would count as 4.
    expect(kept).toBeGreaterThan(2);
    expect(kept).toBeLessThan(2.5);
    const { value, grads } = tf.variableGrads(f, [filter, gamma, beta]);
    [filter, gamma, beta].forEach(({ name }, i) => {
      const expected = grads[name]!.dataSync();
      values[i]!.forEach((value, k) => void expect(value).toBeCloseTo(expected[k]!, 3));
    });
    tf.dispose([filter, gamma, beta, x, value, ...Object.values(grads)]);
  });

  test('should be right where an upsampling is reshaped before something reads it', () => {
    const filter = variable('filter', [3, 3, channels, 1]);
    const x = normalTensor<tf.Tensor4D>('x', [2, 8, 8, channels]);
    const { numTensors } = tf.memory();
    const reshaped = (y: tf.Tensor4D) => tf.tidy(() => tf.reshape(y, [4, 8, 16, channels]) as tf.Tensor4D);
    const spatial = (y: tf.Tensor4D) => tf.depthwiseConv2d(y, filter as unknown as tf.Tensor4D, 1, 1);
    const f = () => sumOf(x, [spatial, upsampleNearest2x, reshaped, spatial]);
    const { values } = pass(false, x, f, [filter]);
    expect(tf.memory().numTensors).toBe(numTensors);
    const { value, grads } = tf.variableGrads(f, [filter]);
    const expected = grads[filter.name]!.dataSync();
    values[0]!.forEach((value, k) => void expect(value).toBeCloseTo(expected[k]!, 3));
    tf.dispose([filter, x, value, ...Object.values(grads)]);
  });

  test.each(testEngine === 'native' ? [true, false] : [false])(
    'should not be kept where a norm comes before a convolution in half precision: %p',
    (half) => {
      const [filter, gamma, beta] = [
        variable('filter', [3, 3, channels, 1]),
        variable('g', [channels]),
        variable('b', [channels]),
      ];
      const x = normalTensor<tf.Tensor4D>('x', [2, 16, 16, channels]);
      const { spatial, norm } = layers(filter, gamma, beta);
      const f = () => sumOf(x, [spatial, norm, spatial, norm, spatial]);
      const full = pass(false, x, f, [filter, gamma, beta]);
      const { numTensors } = tf.memory();
      const { kept, values } = pass(half, x, f, [filter, gamma, beta]);
      expect(tf.memory().numTensors).toBe(numTensors);
      // x and the input of each norm in bfloat16; in float32 the output of each norm, too. Statistics are small.
      expect(Math.floor(2 * kept)).toBe(half ? 3 : 10);
      const apart = values.map((value, i) => {
        const difference = value.map((element, k) => element - full.values[i]![k]!);
        return Math.hypot(...difference) / Math.hypot(...full.values[i]!);
      });
      expect(Math.max(...apart)).toBeLessThan(half ? 0.05 : 1e-6);
      tf.dispose([filter, gamma, beta, x]);
    },
  );
});
