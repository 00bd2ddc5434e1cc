import type { TensorData } from '../../../base/plainData.js';
import type { Snapshot } from '../../../checkpoint/snapshot.js';
import type { TrainerLike } from '../trainerLike.js';
import type { RunRanks } from './runRanks.js';

/** The shape and type of a tensor, with its name. */
type Header = readonly [name: string, Pick<TensorData, 'dtype' | 'shape'>];

/** Gives the trainers of all ranks the state of that of rank 0; the ranks need no common file system for it. */
export async function shareState(
  { group, speaks, ofFirst }: Pick<RunRanks, 'group' | 'speaks' | 'ofFirst'>,
  trainer: Pick<TrainerLike, 'config' | 'snapshot' | 'restore'>,
): Promise<void> {
  const own = speaks ? await trainer.snapshot() : null;
  const { state, headers } = await ofFirst(async () => describe(own as Snapshot));
  const tensors = own?.tensors ?? new Map(headers.map(([name, header]) => [name, emptyTensor(header)]));
  for (const { data } of tensors.values()) {
    await group.broadcast(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), 0);
  }
  if (!own) await trainer.restore({ config: trainer.config, tensors, state });
}

function describe({ state, tensors }: Snapshot) {
  const headers = [...tensors].map(([name, { dtype, shape }]): Header => [name, { dtype, shape }]);
  return { state, headers };
}

function emptyTensor({ dtype, shape }: Header[1]): TensorData {
  const length = shape.reduce((product, size) => product * size, 1);
  return { dtype, shape, data: dtype === 'int32' ? new Int32Array(length) : new Float32Array(length) };
}
