import { sha256 } from '@noble/hashes/sha2';
import { bytesToHex } from '@noble/hashes/utils';
import type { Sha256 } from './sha256.js';

/** SHA-256 for bytes in memory, in Node and in browsers. WebCrypto would need all bytes in one array, and a secure page. */
export function portableSha256(): Sha256 {
  const hash = sha256.create();
  return { update: (bytes) => void hash.update(bytes), digest: () => bytesToHex(hash.digest()) };
}
