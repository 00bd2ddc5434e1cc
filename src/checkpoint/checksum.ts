/** A checksum of a file's whole content, kept in its metadata, so that any damage is recognised. */

import { createHash } from 'node:crypto';
import { nextTurn } from '../base/nextTurn.js';
import type { NamedTensors } from '../base/plainData.js';
import { bytesOf } from './writeSafetensors.js';

export const checksumKey = 'checksum';

/** Large files must not hold up the event loop, nor wait for it after every small tensor. */
const bytesPerTurn = 64 * 2 ** 20;

/** SHA-256 over names, types, shapes and values of all tensors and over the metadata besides the checksum. */
export async function checksum(
  tensors: NamedTensors,
  metadata: ReadonlyMap<string, string>,
): Promise<string> {
  const hash = createHash('sha256');
  const texts = [...metadata].filter(([key]) => key !== checksumKey).sort(byName);
  hash.update(JSON.stringify(texts));
  let sinceYield = 0;
  for (const [name, tensor] of [...tensors].sort(byName)) {
    hash.update(JSON.stringify([name, tensor.dtype, tensor.shape]));
    const bytes = bytesOf(tensor);
    hash.update(bytes);
    sinceYield += bytes.length;
    if (sinceYield < bytesPerTurn) continue;
    sinceYield = 0;
    await nextTurn();
  }
  return `sha256:${hash.digest('hex')}`;
}

function byName([a]: [string, unknown], [b]: [string, unknown]): number {
  return a < b ? -1 : 1;
}
