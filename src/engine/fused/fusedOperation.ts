import * as tf from '../tf.js';
import { type Attributes, type Inputs, registerComposites, runMany, runOne } from './composite.js';
import { differentiated } from './differentiated.js';

export interface FusedOperationOptions {
  /** Name of the kernel; its gradient is the kernel `<name>Grad`. */
  readonly name: string;
  /** The operation composed of tfjs operations, for engines without a kernel of that name. */
  readonly body: (inputs: Inputs, attributes: Attributes) => tf.Tensor;
  /** Names of all inputs. */
  readonly inputs: readonly string[];
  /** Name of the input in which the operation is differentiable. */
  readonly differentiableIn: string;
}

/**
 * Creates an operation that is one kernel on engines that have it and a composition on others. The backward pass keeps only the
 * inputs, no intermediate results. For formulas defined outside the engine: the engine knows only their names.
 */
export function fusedOperation<T extends tf.Tensor>(
  options: FusedOperationOptions,
): (inputs: Inputs, attributes?: Attributes) => T {
  const { name, body, inputs, differentiableIn } = options;
  const backward = `${name}Grad`;
  const kernels = [
    { name, body },
    { name: backward, body: differentiated(body, [differentiableIn]) },
  ];
  tf.registerGradient({
    kernelName: name,
    inputsToSave: [...inputs],
    gradFunc: (dy, saved, attributes) => {
      const given = Object.fromEntries(inputs.map((input, i) => [input, saved[i]!]));
      const [gradient] = runMany(backward, { dy: dy as tf.Tensor, ...given }, attributes);
      return { [differentiableIn]: () => gradient! };
    },
  });
  return (given, attributes = {}) => {
    registerComposites(tf.getBackend(), kernels);
    return runOne(name, given, attributes);
  };
}
