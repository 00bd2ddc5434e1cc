/** One Adamax update, in place where the engine allows it. */
import { NativeBackend } from '../native/backend.js';
import * as tf from '../tf.js';

export interface AdamaxOptions {
  /** Already divided by 1 - beta1^t. */
  readonly learningRate: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  readonly weightDecay: number;
  /** The gradient is multiplied by this first (clipping). */
  readonly gradientScale: number;
}

/** One parameter with its optimiser state; all of one shape. */
export interface AdamaxTensors {
  readonly parameter: tf.Variable;
  readonly gradient: tf.Tensor;
  readonly momentum: tf.Variable;
  readonly maximum: tf.Variable;
}

/**
 * Adamax (Kingma & Ba 2015, section 7.1) with L2 weight decay: g = scale * gradient + decay * p, m = beta1 m + (1 - beta1) g,
 * u = max(beta2 u, |g| + epsilon), p = p - rate * m / u. Changes parameter, momentum and maximum; the gradient stays the
 * caller's.
 */
export function adamaxUpdate(tensors: AdamaxTensors, options: AdamaxOptions): void {
  const { parameter, momentum, maximum } = tensors;
  const backend = tf.backend();
  const inPlace =
    backend instanceof NativeBackend &&
    ![parameter, momentum, maximum].some((tensor) => backend.isShared(tensor));
  if (inPlace) updateInPlace(backend, tensors, options);
  else updateByAssignment(tensors, options);
}

function updateInPlace(backend: NativeBackend, tensors: AdamaxTensors, options: AdamaxOptions): void {
  const { parameter, gradient, momentum, maximum } = tensors;
  backend.addon.adamax(
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
  );
}

function updateByAssignment(tensors: AdamaxTensors, options: AdamaxOptions): void {
  const { parameter, gradient, momentum, maximum } = tensors;
  const { learningRate, beta1, beta2, epsilon, weightDecay, gradientScale } = options;
  tf.tidy(() => {
    const g = tf.add(tf.mul(gradient, gradientScale), tf.mul(parameter, weightDecay));
    momentum.assign(tf.add(tf.mul(momentum, beta1), tf.mul(g, 1 - beta1)));
    maximum.assign(tf.maximum(tf.mul(maximum, beta2), tf.add(tf.abs(g), epsilon)));
    parameter.assign(tf.sub(parameter, tf.mul(tf.div(momentum, maximum), learningRate)));
  });
}
