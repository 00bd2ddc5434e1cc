import * as tf from '../tf.js';
import { type Attributes, type Inputs, runMany } from './composite.js';

/**
 * Runs a kernel that changes tensors in their own memory. False if the engine in use has no such kernel, or if one of the tensors
 * shares its memory with another tensor; then nothing is changed.
 */
export function runInPlace(
  name: string,
  changed: readonly tf.Tensor[],
  inputs: () => Inputs,
  attributes: Attributes,
): boolean {
  if (!tf.getKernel(name, tf.getBackend())) return false;
  if (changed.some(({ dataId }) => tf.backend().refCount(dataId) > 1)) return false;
  runMany(name, inputs(), attributes);
  return true;
}
