import * as tf from '../tf.js';
import { type Attributes, runMany } from './composite.js';

/**
 * Runs a kernel on any number of tensors. Its results are a scalar and whatever its gradient reads. The kernel `<name>Grad`
 * takes the gradient of the scalar, the tensors and the other results, and has one result for each of the tensors.
 * Differentiable in all of them.
 */
export function together(
  name: string,
  tensors: readonly tf.Tensor[],
  attributes: Attributes = {},
): tf.Scalar {
  const forward = (...given: (tf.Tensor | tf.GradSaveFunc)[]) => {
    const save = given.at(-1) as tf.GradSaveFunc;
    const inputs = given.slice(0, -1) as tf.Tensor[];
    const [value, ...state] = runMany(name, inputs, attributes);
    save([...inputs, ...state]);
    return {
      value: value as tf.Scalar,
      gradFunc: (dy: tf.Scalar, saved: tf.Tensor[]) => runMany(`${name}Grad`, [dy, ...saved], attributes),
    };
  };
  // tfjs names the operation on the tape after the scope.
  return tf.tidy(name, () => tf.customGrad(forward)(...tensors) as tf.Scalar);
}
