/** Normal distributions of latents and colours: from raw parameters, density, divergence. */
import { type Normal, normalLogDensity, sigmaFloor, softClamp } from '../engine/ops.js';
import * as tf from '../engine/tf.js';

export { type Normal, normalLogDensity };

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

/** KL(p || q) of every element. */
export function normalKl(p: Normal, q: Normal): tf.Tensor {
  const squares = tf.add(tf.square(tf.sub(p.mu, q.mu)), tf.square(p.sigma));
  const ratio = tf.div(squares, tf.mul(tf.square(q.sigma), 2));
  return tf.add(tf.sub(tf.log(q.sigma), tf.log(p.sigma)), tf.sub(ratio, 0.5));
}
