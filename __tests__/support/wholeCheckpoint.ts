/** A checkpoint with all tensors of its configuration's model, made without an engine. */
import type { TensorData } from '../../src/base/plainData.js';
import type { Checkpoint } from '../../src/checkpoint/checkpointContent.js';
import type { NvaeConfig } from '../../src/config/types.js';
import { torchLayout } from '../../src/modelFiles/torch/torchLayout.js';

/** Values that show every loss: both zeros, subnormal numbers, the largest ones. */
const odd = [-0, 0, 1e-45, -1e-45, 3.4028234663852886e38, 1 / 3, -1];

export function wholeCheckpoint(config: NvaeConfig, changes: Partial<Checkpoint> = {}): Checkpoint {
  const tensors = new Map<string, TensorData>();
  let next = 0;
  for (const { name, shape, kind } of torchLayout(config.model)) {
    const length = shape.reduce((product, size) => product * size, 1);
    const values = () => Float32Array.from({ length }, () => odd[next++ % odd.length] ?? 0);
    if (kind === 'counter') {
      tensors.set(name, { dtype: 'int32', shape, data: Int32Array.of(next++) });
      continue;
    }
    tensors.set(name, { dtype: 'float32', shape, data: values() });
    if (kind !== 'parameter') continue;
    tensors.set(`adamax.momentum.${name}`, { dtype: 'float32', shape, data: values() });
    tensors.set(`adamax.maximum.${name}`, { dtype: 'float32', shape, data: values().map(Math.abs) });
  }
  const state = {
    seed: 7,
    position: { epoch: 4, batchInEpoch: 0, step: 40, imagesSeen: 5_000_000_000 },
    optimizerUpdates: 39,
  };
  return { config, tensors, state, dataPosition: { epoch: 4, imagesTaken: 0 }, ...changes };
}
