import { gradientsOf } from '../gradients/gradientsOf.js';
import type * as tf from '../tf.js';
import type { Attributes, Inputs } from './composite.js';

/**
 * Derives the body of a backward kernel from that of the forward kernel, for engines that have neither. It runs the forward
 * body again and differentiates it. Takes the inputs of the forward kernel and `dy`; ignores other inputs.
 *
 * @param names the inputs to differentiate in; the kernel has one result for each
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
