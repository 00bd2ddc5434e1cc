import { gradientsOf } from '../gradients/gradientsOf.js';
import type * as tf from '../tf.js';
import type { Attributes, Inputs } from './composite.js';

/**
 * The body of a backward kernel from that of the forward kernel, for engines that have neither: it runs forward once more
 * and differentiates what it runs. Inputs are those of the forward kernel and `dy`.
 *
 * @param name the input in which it differentiates
 */
export function differentiated(
  forward: (inputs: Inputs, attributes: Attributes) => tf.Tensor,
  name: string,
): (inputs: Inputs, attributes: Attributes) => tf.Tensor {
  return ({ dy, ...inputs }, attributes) => {
    const { value, gradients } = gradientsOf(() => forward(inputs, attributes), [inputs[name]!], dy);
    value.dispose();
    return gradients[0]!;
  };
}
