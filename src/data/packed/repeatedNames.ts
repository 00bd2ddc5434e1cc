/** A list whose names are made one at a time. */
export interface Named {
  readonly length: number;
  name(index: number): string;
}

/**
 * The indexes of all names that occur more than once, for each such name in ascending order. Takes 16 bytes per name, not the names.
 */
export function repeatedNames({ length, name }: Named): number[][] {
  const hashes = new Float64Array(length);
  for (let i = 0; i < length; i += 1) hashes[i] = hashOf(name(i));
  const sorted = hashes.slice().sort();
  const repeated = new Set(sorted.filter((hash, i) => i > 0 && hash === sorted[i - 1]));
  if (repeated.size === 0) return [];
  // different names may have one hash, so they are compared
  const places = new Map<string, number[]>();
  for (let i = 0; i < length; i += 1) {
    if (!repeated.has(hashes[i] as number)) continue;
    const text = name(i);
    const indexes = places.get(text);
    if (indexes) indexes.push(i);
    else places.set(text, [i]);
  }
  return [...places.values()].filter((indexes) => indexes.length > 1);
}

/** 52 bits of two multiplicative hashes; a cryptographic one takes ten times as long. */
function hashOf(name: string): number {
  let [one, other] = [0x243f6a88, 0x13198a2e];
  for (let i = 0; i < name.length; i += 1) {
    const code = name.charCodeAt(i);
    one = Math.imul(one ^ code, 0x01000193);
    other = Math.imul((other << 5) ^ (other >>> 27) ^ code, 0x9e3779b1);
  }
  return (mixed(one) >>> 6) * 2 ** 26 + (mixed(other) >>> 6);
}

/** Every bit of the result depends on all bits. */
function mixed(bits: number): number {
  const once = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  const twice = Math.imul(once ^ (once >>> 13), 0xc2b2ae35);
  return twice ^ (twice >>> 16);
}
