import * as tf from '../tf.js';
import { type Attributes, type Inputs, runMany } from './composite.js';

/**
 * Runs a kernel that changes variables in their own memory. False if the engine in use has no such kernel, or if one of the variables
 * shares its memory with another tensor; then nothing is changed.
 */
export function runInPlace(
  name: string,
  variables: readonly tf.Variable[],
  inputs: () => Inputs,
  attributes: Attributes,
): boolean {
  if (!tf.getKernel(name, tf.getBackend())) return false;
  if (variables.some(({ dataId }) => tf.backend().refCount(dataId) > 1)) return false;
  runMany(name, inputs(), attributes);
  return true;
}
