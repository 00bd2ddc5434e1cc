/** Notices ranks that have drifted apart, or were never the same. */
import { crc32 } from '../base/crc32.js';
import { GroupError } from '../group/groupError.js';
import type { ProcessGroup } from '../group/processGroup.js';

/** What all ranks must have in common, by name. All ranks name the same things in the same order. */
export type CommonState = ReadonlyMap<string, Iterable<Float32Array | Uint8Array>>;

/**
 * Compares checksums of the state between all ranks.
 * @throws GroupError when a rank differs; all ranks throw the same
 */
export async function compareRanks(group: ProcessGroup, state: CommonState): Promise<void> {
  const { rank, size } = group;
  const sums = new Float64Array(size * state.size);
  [...state.values()].forEach((parts, i) => {
    sums[i * size + rank] = checksum(parts);
  });
  await group.allReduce(sums);
  [...state.keys()].forEach((name, i) => {
    const different = minority(sums.subarray(i * size, (i + 1) * size));
    if (different.length === 0) return;
    const ranks = different.length === 1 ? `rank ${different[0]} has` : `ranks ${different.join(', ')} have`;
    throw new GroupError(`trainer: ${ranks} other ${name} than the rest of the group`);
  });
}

function checksum(parts: Iterable<Float32Array | Uint8Array>): number {
  let sum = 0;
  for (const { buffer, byteOffset, byteLength } of parts) {
    sum = crc32(new Uint8Array(buffer, byteOffset, byteLength), sum);
  }
  return sum;
}

/** The places of the values that differ from the most frequent one or, of two that are as frequent, the one that comes first. */
function minority(values: Float64Array): number[] {
  const counts = new Map<number, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  const most = Math.max(...counts.values());
  const common = [...counts].find(([, count]) => count === most)?.[0];
  return [...values.keys()].filter((i) => values[i] !== common);
}
