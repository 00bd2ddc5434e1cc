import { createHash } from 'node:crypto';
import type { Sha256 } from './sha256.js';

/** SHA-256 for files: Node's own library is the fastest. */
export function nodeSha256(): Sha256 {
  const hash = createHash('sha256');
  return { update: (bytes) => void hash.update(bytes), digest: () => hash.digest('hex') };
}
