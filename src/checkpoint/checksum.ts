/** A checksum of a file's complete content, stored in its metadata, so that any damage is detected. */

import { nextTurn } from '../base/nextTurn.js';
import type { NamedTensors } from '../base/plainData.js';
import { bytesOf } from './safetensorsPieces.js';
import type { Sha256 } from './sha256.js';

export const checksumKey = 'checksum';

/** Bytes between two yields: large files must not block the event loop, and small tensors must not each wait for it. */
const bytesPerTurn = 64 * 2 ** 20;

/**
 * SHA-256 over the names, types, shapes and values of all tensors and over the metadata except the checksum.
 * @param hash a new hash; the caller chooses the implementation
 */
export async function checksum(
  tensors: NamedTensors,
  metadata: ReadonlyMap<string, string>,
  hash: Sha256,
): Promise<string> {
  const text = (content: unknown) => hash.update(new TextEncoder().encode(JSON.stringify(content)));
  const texts = [...metadata].filter(([key]) => key !== checksumKey).sort(byName);
  text(texts);
  let sinceYield = 0;
  for (const [name, tensor] of [...tensors].sort(byName)) {
    text([name, tensor.dtype, tensor.shape]);
    const bytes = bytesOf(tensor);
    hash.update(bytes);
    sinceYield += bytes.length;
    if (sinceYield < bytesPerTurn) continue;
    sinceYield = 0;
    await nextTurn();
  }
  return `sha256:${hash.digest()}`;
}

function byName([a]: [string, unknown], [b]: [string, unknown]): number {
  return a < b ? -1 : 1;
}
