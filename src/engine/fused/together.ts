import * as tf from '../tf.js';
import { type Attributes, runMany } from './composite.js';

/**
 * Runs a kernel of any number of tensors whose results are a scalar and whatever its gradient will read: the kernel that is called
 * `<name>Grad` takes the gradient of the scalar, the tensors, and the other results, and has a result for each of the tensors.
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
  // The scope's name becomes that of the operation on the tape.
  return tf.tidy(name, () => tf.customGrad(forward)(...tensors) as tf.Scalar);
}
