/** Checks gradients by finite differences. */
import { expect } from '@jest/globals';
import * as tf from '../../src/engine/tf.js';
import { keyedGenerator, normalValues } from '../../src/model/random.js';
import { valuesOf } from './valuesOf.js';

/** A standard normal tensor, the same in every run. */
export function normalTensor<T extends tf.Tensor>(key: string, shape: readonly number[]): T {
  const length = shape.reduce((product, n) => product * n, 1);
  return tf.tensor(normalValues(keyedGenerator(1, key, 0), length), [...shape]) as T;
}

/**
 * Checks the gradient of sum(weights * f()) in every variable against central differences along random directions. In float32
 * these are accurate to about a percent.
 */
export async function expectGradients(
  f: () => tf.Tensor,
  variables: ReadonlyMap<string, tf.Variable>,
  { step = 5e-3, tolerance = 0.02 } = {},
): Promise<void> {
  const names = [...variables.keys()];
  // Read all at the end, because reading from a device is slow.
  const values = await valuesOf(() => {
    const weights = tf.tidy(() => normalTensor('weights', f().shape));
    const objective = () => tf.sum(tf.mul(f(), weights)) as tf.Scalar;
    const { grads } = tf.variableGrads(objective, [...variables.values()]);
    return [...variables].flatMap(([name, variable]) => {
      const gradient = grads[variable.name];
      if (!gradient) throw new Error(`${name} has no gradient`);
      const direction = normalTensor(`direction ${name}`, variable.shape);
      const [ahead, behind] = [step, -step].map((by) => valueAt(objective, variable, direction, by));
      return [tf.sum(tf.mul(gradient, direction)), ahead!, behind!, tf.norm(gradient)];
    });
  });
  for (const [i, name] of names.entries()) {
    const [analytic, ahead, behind, norm] = values
      .slice(4 * i, 4 * i + 4)
      .map(([value = Number.NaN]) => value);
    const numeric = (ahead! - behind!) / (2 * step);
    const isSmall = Math.abs(analytic! - numeric) / Math.max(norm!, 1e-2) < tolerance;
    expect({ name, error: isSmall ? 'small' : [analytic, numeric] }).toEqual({ name, error: 'small' });
  }
}

function valueAt(f: () => tf.Scalar, variable: tf.Variable, direction: tf.Tensor, step: number): tf.Scalar {
  return tf.tidy(() => {
    const before = tf.clone(variable);
    variable.assign(tf.add(variable, tf.mul(direction, step)));
    const value = f();
    variable.assign(before);
    return value;
  });
}
