import { EngineUnavailableError } from './engines.js';
import * as tf from './tf.js';

/**
 * Checks that the engine in use can train in a group: sums over the ranks are needed in the middle of a pass, so values must be readable
 * there.
 * @throws EngineUnavailableError when values can only be read after the pass
 */
export function checkGroup(): void {
  if (tf.getBackend() !== 'webgpu') return;
  throw new EngineUnavailableError(
    'the engine webgpu cannot train on several ranks, because it cannot read values in the middle of a pass; use the engine native',
  );
}
