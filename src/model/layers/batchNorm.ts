/** Batch normalisation per channel, over batch, height and width. */
import type { Activation } from '../../engine/ops.js';
import { batchNormInference, batchNormTrain } from '../../engine/ops.js';
import type * as tf from '../../engine/tf.js';
import type { ParameterStore } from '../parameterStore.js';
import type { Pass } from '../pass.js';
import type { BatchNormPlan } from './batchNormPlan.js';

const epsilon = 1e-5;

/**
 * Normalises, scales, shifts and activates; the shape does not change.
 *
 * `repeats` is for an input in which every pixel stands for several equal ones, because an upsampling was moved after the
 * layer. Mean and biased variance are the same; only the unbiased variance counts more pixels.
 */
export function batchNorm(
  pass: Pass,
  plan: BatchNormPlan,
  x: tf.Tensor4D,
  activation: Activation,
  repeats = 1,
): tf.Tensor4D {
  const { store } = pass;
  if (pass.mode === 'eval') {
    const { mean, variance, gamma, beta } = normStatistics(store, plan);
    return batchNormInference(x, mean, variance, gamma, beta, epsilon, activation);
  }
  const gamma = store.parameter(`${plan.name}.weight`) as tf.Tensor1D;
  const beta = store.parameter(`${plan.name}.bias`) as tf.Tensor1D;
  const { y, mean, variance } = batchNormTrain(x, gamma, beta, epsilon, activation, pass.whole);
  const [batch, height, width] = x.shape;
  const images = pass.whole?.images ?? batch;
  pass.statistics?.record(plan.name, mean, variance, images * height * width * repeats);
  return y;
}

/** Returns the running averages and parameters for eval mode, `[channels]` each. The store owns them. */
export function normStatistics(store: ParameterStore, { name }: BatchNormPlan) {
  return {
    mean: store.buffer(`${name}.running_mean`) as tf.Tensor1D,
    variance: store.buffer(`${name}.running_var`) as tf.Tensor1D,
    gamma: store.parameter(`${name}.weight`) as tf.Tensor1D,
    beta: store.parameter(`${name}.bias`) as tf.Tensor1D,
    epsilon,
  };
}
