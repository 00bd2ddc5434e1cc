/** A checksum of a file's whole content, kept in its metadata, so that any damage is recognised. */
import { createHash } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import type { NamedTensors } from '../model/plainData.js';
import { bytesOf } from './writeSafetensors.js';

export const checksumKey = 'checksum';

/** SHA-256 over names, types, shapes and values of all tensors and over the metadata besides the checksum. */
export async function checksum(
  tensors: NamedTensors,
  metadata: ReadonlyMap<string, string>,
): Promise<string> {
  const hash = createHash('sha256');
  const texts = [...metadata].filter(([key]) => key !== checksumKey).sort(byName);
  hash.update(JSON.stringify(texts));
  for (const [name, tensor] of [...tensors].sort(byName)) {
    hash.update(JSON.stringify([name, tensor.dtype, tensor.shape]));
    hash.update(bytesOf(tensor));
    await setImmediate(); // large files must not hold up the event loop
  }
  return `sha256:${hash.digest('hex')}`;
}

function byName([a]: [string, unknown], [b]: [string, unknown]): number {
  return a < b ? -1 : 1;
}
