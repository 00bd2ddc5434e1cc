/** One Adamax update, in place if the engine allows it. */
import type { NativeBackend } from '../native/backend.js';
import type { PackedVariables } from '../packs.js';
import * as tf from '../tf.js';
import { inPlaceBackend } from './inPlaceBackend.js';
import { runInPlace } from './inPlaceKernel.js';

export interface AdamaxOptions {
  /** Learning rate already divided by 1 - beta1^t. */
  readonly learningRate: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  readonly weightDecay: number;
  /** Factor applied to the gradient first (clipping). */
  readonly gradientScale: number;
  /** Weight of the new parameters in their moving average. @default 0 */
  readonly averageWeight?: number;
}

/** The parameters of a pack and their optimiser state. */
export interface AdamaxTensors {
  readonly parameters: PackedVariables;
  /** This tensor and the next two are packed. */
  readonly gradient: tf.Tensor;
  readonly momentum: tf.Variable;
  readonly maximum: tf.Variable;
  /** The moving average of the parameters, packed like them. @default none */
  readonly average?: tf.Variable | undefined;
}

/**
 * Adamax (Kingma & Ba 2015, section 7.1) with L2 weight decay: g = scale * gradient + decay * p, m = beta1 m + (1 - beta1) g,
 * u = max(beta2 u, |g| + epsilon), p = p - rate * m / u, and then average = average + weight * (p - average). Changes parameters,
 * momentum, maximum and average; the caller keeps the gradient. The average never changes what happens to the others, bit for bit.
 */
export function adamaxUpdate(tensors: AdamaxTensors, options: AdamaxOptions): void {
  const { parameters, momentum, maximum, average } = tensors;
  const [only, ...others] = parameters.variables;
  const changed = only ? [only, momentum, maximum, ...(average ? [average] : [])] : [];
  const backend = others.length === 0 && only ? inPlaceBackend(changed) : null;
  if (backend && only) updateInPlace(backend, only, tensors, options);
  else if (!updateTogether(tensors, options)) updateByAssignment(tensors, options);
}

/** Updates all parameters of a pack in their own memory, if the engine can. */
function updateTogether(tensors: AdamaxTensors, options: AdamaxOptions): boolean {
  const { parameters, gradient, momentum, maximum, average } = tensors;
  const { variables } = parameters;
  const changed = [...variables, momentum, maximum, ...(average ? [average] : [])];
  const inputs = () => ({
    ...{ gradient, momentum, maximum, ...(average && { average }) },
    ...Object.fromEntries(variables.map((variable, i) => [`parameter${i}`, variable])),
  });
  const isDone = runInPlace('AdamaxInPlace', changed, inputs, { ...options });
  if (isDone) parameters.dispose(); // a packed copy would be out of date
  return isDone;
}

function updateInPlace(
  backend: NativeBackend,
  parameter: tf.Variable,
  { gradient, momentum, maximum, average }: AdamaxTensors,
  options: AdamaxOptions,
): void {
  const step = [
    options.learningRate,
    options.beta1,
    options.beta2,
    options.epsilon,
    options.weightDecay,
    options.gradientScale,
    backend.floats(gradient),
    backend.ownFloats(parameter),
    backend.ownFloats(momentum),
    backend.ownFloats(maximum),
  ] as const;
  if (!average) backend.addon.adamax(...step);
  else backend.addon.adamaxAveraged(...step, backend.ownFloats(average), options.averageWeight ?? 0);
}

function updateByAssignment(tensors: AdamaxTensors, options: AdamaxOptions): void {
  const { parameters, gradient, momentum, maximum, average } = tensors;
  const { learningRate, beta1, beta2, epsilon, weightDecay, gradientScale, averageWeight = 0 } = options;
  tf.tidy(() => {
    const p = parameters.packed();
    const scaled = gradientScale === 1 ? gradient : tf.mul(gradient, gradientScale);
    const g = weightDecay === 0 ? scaled : tf.add(scaled, tf.mul(p, weightDecay));
    momentum.assign(tf.add(tf.mul(momentum, beta1), tf.mul(g, 1 - beta1)));
    maximum.assign(tf.maximum(tf.mul(maximum, beta2), tf.add(tf.abs(g), epsilon)));
    const moved = tf.sub(p, tf.mul(tf.div(momentum, maximum), learningRate));
    parameters.assign(moved);
    average?.assign(tf.add(average, tf.mul(tf.sub(moved, average), averageWeight)));
  });
}
