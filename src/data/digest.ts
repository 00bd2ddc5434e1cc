import { createHash } from 'node:crypto';

/** 16 hexadecimal digits that differ if the parts differ. */
export function digest(parts: Iterable<string | Buffer>): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest('hex').slice(0, 16);
}
