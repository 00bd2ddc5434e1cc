/** PyTorch files with other content than that of a whole checkpoint. */
import { writeFile } from 'node:fs/promises';
import type { Checkpoint } from '../../src/checkpoint/checkpointContent.js';
import { toTorchCheckpoint } from '../../src/modelFiles/torch/toTorch.js';
import { OrderedDict, type PickleContent } from '../../src/pytorch/pickleContent.js';
import { torchFilePieces } from '../../src/pytorch/torchFilePieces.js';

/** A dict that a test changes. */
export type Entries = Map<string | bigint, PickleContent>;

/** The content of a checkpoint as dicts to change. */
export function entriesOf(checkpoint: Checkpoint): Entries {
  return copied(toTorchCheckpoint(checkpoint, 'test')) as Entries;
}

/** The dict in an entry. */
export function dictIn(
  entries: PickleContent | undefined,
  ...keys: readonly (string | bigint | number)[]
): Entries {
  const found = keys.reduce<PickleContent | undefined>((at, key) => {
    if (at instanceof Map) return (at as Entries).get(key as string | bigint);
    return Array.isArray(at) ? (at as readonly PickleContent[])[Number(key)] : undefined;
  }, entries);
  if (!(found instanceof Map)) throw new Error(`no dict at ${keys.join('.')}`);
  return found as Entries;
}

export async function writeTorch(path: string, content: PickleContent): Promise<void> {
  const pieces = [...torchFilePieces(content, 'test')].map((piece) => piece.slice());
  await writeFile(path, Buffer.concat(pieces));
}

/** Dicts all the way down; an ordered dict becomes an ordinary one, which is read as the same. */
function copied(value: PickleContent): PickleContent {
  if (value instanceof OrderedDict) return copied(value.entries);
  if (value instanceof Map) return new Map([...value].map(([key, inner]) => [key, copied(inner)]));
  return Array.isArray(value) ? (value as readonly PickleContent[]).map(copied) : value;
}
