import { createHash } from 'node:crypto';

const bytes = 6;

/**
 * A number in [0, 1) that depends only on the name: about a tenth of all names are below 0.1, whichever other names there are.
 */
export function nameHash(name: string): number {
  return createHash('sha256').update(name).digest().readUIntBE(0, bytes) / 2 ** (8 * bytes);
}
