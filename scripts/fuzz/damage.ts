/** Damage that does not depend on the format. */
import type { Random } from './fuzzCase.js';

export type Damage = (bytes: Buffer, random: Random) => Buffer;

/** Flips one bit of one byte in [begin, end). */
export function flip(bytes: Buffer, random: Random, begin = 0, end = bytes.length): Buffer {
  const result = Buffer.from(bytes);
  const at = begin + random.integer(end - begin);
  result[at] = (result[at] ?? 0) ^ (1 << random.integer(8));
  return result;
}

export const damages: Readonly<Record<string, Damage>> = {
  flipped: (bytes, random) => flip(bytes, random),
  'flipped often': (bytes, random) => {
    let result = bytes;
    for (let count = 2 + random.integer(60); count > 0; count -= 1) result = flip(result, random);
    return result;
  },
  cut: (bytes, random) => bytes.subarray(0, random.integer(bytes.length)),
  extended: (bytes, random) => Buffer.concat([bytes, random.bytes(1 + random.integer(2000))]),
  'cut inside': (bytes, random) => {
    const begin = random.integer(bytes.length);
    return Buffer.concat([bytes.subarray(0, begin), bytes.subarray(begin + 1 + random.integer(64))]);
  },
  overwritten: (bytes, random) => {
    const result = Buffer.from(bytes);
    random.bytes(1 + random.integer(64)).copy(result, random.integer(bytes.length));
    return result;
  },
};
