/** A checksum of a file's whole content, kept in its metadata, so that any damage is recognised. */

import { nextTurn } from '../base/nextTurn.js';
import type { NamedTensors } from '../base/plainData.js';
import { bytesOf } from './safetensorsPieces.js';
import type { Sha256 } from './sha256.js';

export const checksumKey = 'checksum';

/** Large files must not hold up the event loop, nor wait for it after every small tensor. */
const bytesPerTurn = 64 * 2 ** 20;

/**
 * SHA-256 over names, types, shapes and values of all tensors and over the metadata besides the checksum.
 * @param hash new; which implementation is the caller's choice
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
