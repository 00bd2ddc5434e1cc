import { gradientsOf } from '../gradients/gradientsOf.js';
import type * as tf from '../tf.js';
import type { Attributes, Inputs } from './composite.js';

/**
 * The body of a backward kernel from that of the forward kernel, for engines that have neither: it runs forward once more
 * and differentiates what it runs. Inputs are those of the forward kernel and `dy`; others are passed over.
 *
 * @param names the inputs in which it differentiates; the kernel has a result for each
 */
export function differentiated(
  forward: (inputs: Inputs, attributes: Attributes) => tf.Tensor,
  names: readonly string[],
): (inputs: Inputs, attributes: Attributes) => tf.Tensor[] {
  return ({ dy, ...inputs }, attributes) => {
    const xs = names.map((name) => inputs[name]!);
    const { value, gradients } = gradientsOf(() => forward(inputs, attributes), xs, dy);
    value.dispose();
    return gradients as tf.Tensor[];
  };
}
