import { describeValue } from '../base/messageText.js';
import type { NamedTensors } from '../base/plainData.js';
import { CheckpointError } from './checkpointError.js';

/**
 * Training rejects every step that is not finite, so a non-finite value means damage. It must neither replace a good checkpoint nor
 * be resumed from: such a run skips every step.
 * @throws CheckpointError
 */
export function checkFinite(path: string, tensors: NamedTensors): void {
  for (const [name, { dtype, data }] of tensors) {
    if (dtype !== 'float32') continue;
    for (let i = 0; i < data.length; i += 1) {
      if (Number.isFinite(data[i])) continue;
      throw new CheckpointError(path, `contains a non-finite value: ${data[i]} in ${describeValue(name)}`);
    }
  }
}
