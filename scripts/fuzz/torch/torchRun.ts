/** The small run as a PyTorch checkpoint, value by value, so that each can be changed. */
import { checkpointFrom } from '../../../src/checkpoint/checkpointFrom.js';
import { toTorchCheckpoint } from '../../../src/modelFiles/torch/toTorch.js';
import { OrderedDict, type PickleContent, TensorContent, Tuple } from '../../../src/pytorch/pickleContent.js';
import { smallRun } from '../checkpointBytes.js';
import { integers, storageNode, tensorNode, type Written } from './pickleWriter.js';
import type { StorageContent } from './torchWriter.js';

export interface TorchRun {
  readonly content: Written;
  readonly storages: ReadonlyMap<string, StorageContent>;
}

let made: Promise<TorchRun> | undefined;

/** Returns the same content every time. */
export function torchRun(): Promise<TorchRun> {
  made ??= makeRun();
  return made;
}

async function makeRun(): Promise<TorchRun> {
  const run = await smallRun();
  const content = toTorchCheckpoint(checkpointFrom({ ...run, kind: 'checkpoint' }, 'mine'), 'mine');
  const storages = new Map<string, StorageContent>();
  return { content: writtenFrom(content, storages), storages };
}

function writtenFrom(content: PickleContent, storages: Map<string, StorageContent>): Written {
  const inner = (value: PickleContent) => writtenFrom(value, storages);
  const pairs = (entries: ReadonlyMap<string | bigint, PickleContent>) =>
    [...entries].map(([key, value]) => [key, inner(value)] as const);
  if (typeof content === 'number') return { float: content };
  if (typeof content !== 'object' || content === null) return content;
  if (content instanceof Tuple) return { tuple: content.items.map(inner) };
  if (content instanceof OrderedDict) return { ordered: pairs(content.entries), attributes: { dict: [] } };
  if (content instanceof TensorContent) return tensorFrom(content, storages);
  return content instanceof Map
    ? { dict: pairs(content) }
    : { list: (content as readonly PickleContent[]).map(inner) };
}

function tensorFrom({ shape, data }: TensorContent, storages: Map<string, StorageContent>): Written {
  const key = String(storages.size);
  const kind = data instanceof Float32Array ? 'float32' : 'int64';
  const { length } = data;
  storages.set(key, { bytes: new Uint8Array(data.buffer, data.byteOffset, data.byteLength), length });
  const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((product, size) => product * size, 1));
  return tensorNode({
    storage: storageNode({ kind, key, length }),
    shape: integers(shape),
    strides: integers(strides),
  });
}
