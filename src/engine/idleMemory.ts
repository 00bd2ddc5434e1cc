import * as tf from './tf.js';

/** A backend that keeps memory of the device for reuse. */
interface KeepsMemory {
  releaseIdle(): void;
}

/**
 * Gives memory of the device back that no tensor uses, at the end of a run. Has an effect only on `webgpu`: the memory of other engines
 * is that of the process, and serves what comes next.
 */
export function releaseIdleMemory(): void {
  if (tf.getBackend() === 'webgpu') (tf.backend() as unknown as KeepsMemory).releaseIdle();
}
