/** The density of Normals, for latents and colours alike; composed of tfjs operations on every engine. */
import * as tf from './tf.js';

export interface Normal {
  readonly mu: tf.Tensor;
  readonly sigma: tf.Tensor;
}

const halfLogTwoPi = 0.5 * Math.log(2 * Math.PI);
/** Added to every standard deviation. */
export const sigmaFloor = 0.01;

/** Log density of every element. */
export function normalLogDensity({ mu, sigma }: Normal, x: tf.Tensor): tf.Tensor {
  const squared = tf.square(tf.div(tf.sub(x, mu), sigma));
  return tf.sub(tf.mul(squared, -0.5), tf.add(tf.log(sigma), halfLogTwoPi));
}
