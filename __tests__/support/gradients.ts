/** Gradients by finite differences. */
import { expect } from '@jest/globals';
import * as tf from '../../src/engine/tf.js';
import { keyedGenerator, normalValues } from '../../src/model/random.js';

/** A standard normal tensor that is the same in every run. */
export function normalTensor<T extends tf.Tensor>(key: string, shape: readonly number[]): T {
  const length = shape.reduce((product, n) => product * n, 1);
  return tf.tensor(normalValues(keyedGenerator(1, key, 0), length), [...shape]) as T;
}

/**
 * Checks the gradient of sum(weights * f()) in every variable against central differences along random directions.
 * In float32 these are good to about a percent.
 */
export function expectGradients(
  f: () => tf.Tensor,
  variables: ReadonlyMap<string, tf.Variable>,
  { step = 5e-3, tolerance = 0.02 } = {},
): void {
  tf.tidy(() => {
    const value = f();
    const weights = normalTensor('weights', value.shape);
    const objective = () => tf.sum(tf.mul(f(), weights)) as tf.Scalar;
    const { grads } = tf.variableGrads(objective, [...variables.values()]);
    for (const [name, variable] of variables) {
      const gradient = grads[variable.name];
      if (!gradient) throw new Error(`${name} has no gradient`);
      const direction = normalTensor(`direction ${name}`, variable.shape);
      const analytic = numberOf(tf.sum(tf.mul(gradient, direction)));
      const numeric =
        (valueAt(objective, variable, direction, step) - valueAt(objective, variable, direction, -step)) /
        (2 * step);
      const scale = Math.max(numberOf(tf.norm(gradient)), 1e-2);
      expect({
        name,
        error: Math.abs(analytic - numeric) / scale < tolerance ? 'small' : [analytic, numeric],
      }).toEqual({
        name,
        error: 'small',
      });
    }
  });
}

function valueAt(f: () => tf.Scalar, variable: tf.Variable, direction: tf.Tensor, step: number): number {
  return tf.tidy(() => {
    const before = tf.clone(variable);
    variable.assign(tf.add(variable, tf.mul(direction, step)));
    const value = numberOf(f());
    variable.assign(before);
    return value;
  });
}

function numberOf(tensor: tf.Tensor): number {
  return tensor.dataSync()[0] ?? Number.NaN;
}
