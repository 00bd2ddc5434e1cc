/** Normal distributions of latents and colours: conversion from raw parameters, density, divergence. */
import { softClamp } from '../../engine/ops.js';
import * as tf from '../../engine/tf.js';

export interface Normal {
  readonly mu: tf.Tensor;
  readonly sigma: tf.Tensor;
}

/** Constant added to every standard deviation. */
export const sigmaFloor = 0.01;
const halfLogTwoPi = 0.5 * Math.log(2 * Math.PI);

/** Returns the log density of every element. */
export function normalLogDensity({ mu, sigma }: Normal, x: tf.Tensor): tf.Tensor {
  const squared = tf.square(tf.div(tf.sub(x, mu), sigma));
  return tf.sub(tf.mul(squared, -0.5), tf.add(tf.log(sigma), halfLogTwoPi));
}

/**
 * Converts raw parameters `[..., 2 K]`, means first, to mu and sigma `[..., K]`. The temperature multiplies the standard
 * deviation, but not the small constant in it.
 */
export function normalFromParameters(parameters: tf.Tensor, temperature = 1): Normal {
  const [mu, logSigma] = tf.split(softClamp(parameters), 2, -1) as [tf.Tensor, tf.Tensor];
  const spread = tf.exp(logSigma);
  return { mu, sigma: tf.add(temperature === 1 ? spread : tf.mul(spread, temperature), sigmaFloor) };
}

/** Returns mu + sigma * noise. */
export function drawNormal({ mu, sigma }: Normal, noise: tf.Tensor): tf.Tensor {
  return tf.add(mu, tf.mul(sigma, noise));
}

/** Returns KL(p || q) of every element. The gradients are in closed form. */
export function normalKl(p: Normal, q: Normal): tf.Tensor {
  const kl = tf.customGrad((...given) => {
    const [muP, sigmaP, muQ, sigmaQ] = given as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor];
    const save = given.at(-1) as unknown as tf.GradSaveFunc;
    save([muP, sigmaP, muQ, sigmaQ]);
    const squares = tf.add(tf.square(tf.sub(muP, muQ)), tf.square(sigmaP));
    const ratio = tf.div(squares, tf.mul(tf.square(sigmaQ), 2));
    return {
      value: tf.add(tf.sub(tf.log(sigmaQ), tf.log(sigmaP)), tf.sub(ratio, 0.5)),
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => normalKlGradient(dy, saved as Four<tf.Tensor>),
    };
  });
  return tf.tidy('normalKl', () => kl(p.mu, p.sigma, q.mu, q.sigma));
}

type Four<T> = [T, T, T, T];

function normalKlGradient(dy: tf.Tensor, [muP, sigmaP, muQ, sigmaQ]: Four<tf.Tensor>): Four<tf.Tensor> {
  const apart = tf.sub(muP, muQ);
  const overQ = tf.div(dy, sigmaQ);
  const overSquare = tf.div(overQ, sigmaQ);
  const muGradient = tf.mul(apart, overSquare);
  const squares = tf.add(tf.square(apart), tf.square(sigmaP));
  return [
    muGradient,
    tf.sub(tf.mul(sigmaP, overSquare), tf.div(dy, sigmaP)),
    tf.neg(muGradient),
    tf.sub(overQ, tf.mul(squares, tf.div(overSquare, sigmaQ))),
  ];
}
