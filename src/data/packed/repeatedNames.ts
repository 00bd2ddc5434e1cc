import { createHash } from 'node:crypto';

/** A list whose names are made one at a time. */
export interface Named {
  readonly length: number;
  name(index: number): string;
}

/**
 * The indexes of all names that occur more than once, for each such name in ascending order. Takes 8 bytes per name, not the names.
 */
export function repeatedNames({ length, name }: Named): number[][] {
  const hashes = new BigUint64Array(length);
  for (let i = 0; i < length; i += 1) hashes[i] = hashOf(name(i));
  const sorted = hashes.slice().sort();
  const repeated = new Set(sorted.filter((hash, i) => i > 0 && hash === sorted[i - 1]));
  if (repeated.size === 0) return [];
  // different names may have one hash, so they are compared
  const places = new Map<string, number[]>();
  for (let i = 0; i < length; i += 1) {
    if (!repeated.has(hashes[i] as bigint)) continue;
    const text = name(i);
    places.set(text, [...(places.get(text) ?? []), i]);
  }
  return [...places.values()].filter((indexes) => indexes.length > 1);
}

function hashOf(name: string): bigint {
  return createHash('sha256').update(name).digest().readBigUInt64LE(0);
}
