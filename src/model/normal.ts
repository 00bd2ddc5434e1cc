/** Normal distributions of latents and colours: from raw parameters, density, divergence. */
import { softClamp } from '../engine/ops.js';
import * as tf from '../engine/tf.js';

export interface Normal {
  readonly mu: tf.Tensor;
  readonly sigma: tf.Tensor;
}

const halfLogTwoPi = 0.5 * Math.log(2 * Math.PI);
/** Added to every standard deviation. */
export const sigmaFloor = 0.01;

/**
 * `[..., 2 K]` raw parameters, means first, to mu and sigma `[..., K]`. The temperature multiplies the standard
 * deviation, but not the small constant in it.
 */
export function normalFromParameters(parameters: tf.Tensor, temperature = 1): Normal {
  const [mu, logSigma] = tf.split(softClamp(parameters), 2, -1) as [tf.Tensor, tf.Tensor];
  const spread = tf.exp(logSigma);
  return { mu, sigma: tf.add(temperature === 1 ? spread : tf.mul(spread, temperature), sigmaFloor) };
}

/** mu + sigma * noise. */
export function drawNormal({ mu, sigma }: Normal, noise: tf.Tensor): tf.Tensor {
  return tf.add(mu, tf.mul(sigma, noise));
}

/** Log density of every element. */
export function normalLogDensity({ mu, sigma }: Normal, x: tf.Tensor): tf.Tensor {
  const squared = tf.square(tf.div(tf.sub(x, mu), sigma));
  return tf.sub(tf.mul(squared, -0.5), tf.add(tf.log(sigma), halfLogTwoPi));
}

/** KL(p || q) of every element. */
export function normalKl(p: Normal, q: Normal): tf.Tensor {
  const squares = tf.add(tf.square(tf.sub(p.mu, q.mu)), tf.square(p.sigma));
  const ratio = tf.div(squares, tf.mul(tf.square(q.sigma), 2));
  return tf.add(tf.sub(tf.log(q.sigma), tf.log(p.sigma)), tf.sub(ratio, 0.5));
}
