/** What a file must contain, for the Python program that loads it. */
import { createHash } from 'node:crypto';
import type { TensorData } from '../../src/base/plainData.js';
import type { Checkpoint } from '../../src/checkpoint/checkpointContent.js';
import { learningRate } from '../../src/training/schedule.js';

/** A tensor: name, type, shape, and the SHA-256 of its little-endian values. */
export type ListedTensor = readonly [name: string, dtype: string, shape: readonly number[], sha256: string];

/** An entry of manifest.json; also of those that the Python program writes. */
export interface ManifestEntry {
  readonly file: string;
  readonly kind: string;
  readonly state_dict: readonly ListedTensor[];
  readonly step?: number;
  readonly epoch?: number;
  readonly seen_images?: number;
  readonly exp_avg?: Readonly<Record<string, string>>;
  readonly exp_inf?: Readonly<Record<string, string>>;
  readonly [other: string]: unknown;
}

const runEntries = [
  'epoch',
  'state_dict',
  'optimizer',
  'optimizer_scheduler',
  'seen_images',
  'log_dir',
  'total_epochs',
  'model_arch',
];

/**
 * The entry of a file that is to be exported from a checkpoint.
 * @param order names of the `state_dict`, in PyTorch's order
 */
export function manifestEntry(
  file: string,
  kind: 'model' | 'checkpoint',
  checkpoint: Checkpoint,
  order: readonly string[],
): ManifestEntry {
  const { config, state, dataPosition } = checkpoint;
  const { name, training } = config;
  const epoch = dataPosition?.epoch ?? 0;
  const last = training.epochs === -1 ? epoch + 5 : training.epochs;
  return {
    file,
    kind,
    template: false,
    entries: kind === 'model' ? ['state_dict', 'model_arch'] : runEntries,
    model_arch: `model_configs/${name}.yaml`,
    log_dir: `runs/${name}`,
    total_epochs: training.epochs,
    state_dict: listed(checkpoint, order),
    exp_avg: digests(checkpoint, 'adamax.momentum.'),
    exp_inf: digests(checkpoint, 'adamax.maximum.'),
    step: state.optimizerUpdates,
    epoch,
    seen_images: state.position.imagesSeen,
    weight_decay: training.weightDecay,
    warmup_epochs: training.warmupEpochs,
    rates: Array.from({ length: last - epoch }, (_, i) => learningRate(epoch + i, training)),
  };
}

/** Lists the tensors of these names. */
export function listed({ tensors }: Pick<Checkpoint, 'tensors'>, order: Iterable<string>): ListedTensor[] {
  return [...order].map((name) => {
    const tensor = tensors.get(name);
    if (!tensor) throw new RangeError(`${name}: there is no such tensor`);
    const dtype = tensor.dtype === 'int32' ? 'int64' : tensor.dtype;
    return [name, dtype, tensor.shape, digest(tensor)];
  });
}

/** The SHA-256 of each tensor whose name has a prefix, by the name without it. */
export function digests(
  { tensors }: Pick<Checkpoint, 'tensors'>,
  prefix: string,
): Readonly<Record<string, string>> {
  const named = [...tensors].filter(([name]) => name.startsWith(prefix));
  return Object.fromEntries(named.map(([name, tensor]) => [name.slice(prefix.length), digest(tensor)]));
}

function digest({ data }: TensorData): string {
  const values = data instanceof Float32Array ? data : BigInt64Array.from(data, BigInt);
  return createHash('sha256')
    .update(new Uint8Array(values.buffer, values.byteOffset, values.byteLength))
    .digest('hex');
}
