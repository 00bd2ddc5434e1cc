/** The kinds of calls, as what a rank puts into a piece of shared memory, and what it takes from those of all ranks. */
import type { CallDescription } from './controlBlock.js';
import { pieceBytes } from './groupMemory.js';

export interface Call {
  /** For messages. */
  readonly name: string;
  readonly description: CallDescription;
  /** At least one: a call without data is still waited for. */
  readonly pieces: number;
  put(piece: number, place: Uint8Array): void;
  /** `places` are those of all ranks, in their order. */
  take(piece: number, places: readonly Uint8Array[]): void;
}

const kinds = ['allReduce of float32', 'allReduce of float64', 'broadcast', 'barrier'] as const;

/** Describes a call for messages. */
export function callText({ kind, length, root }: CallDescription): string {
  if (kind === 3) return 'barrier';
  return `${kinds[kind]} (length ${length}${kind === 2 ? `, from rank ${root}` : ''})`;
}

/** Adds in double precision, in the order of the ranks. */
export function sumCall(name: string, values: Float32Array | Float64Array): Call {
  const isDouble = values.BYTES_PER_ELEMENT === 8;
  const most = pieceBytes / values.BYTES_PER_ELEMENT;
  const part = (piece: number) => values.subarray(piece * most, (piece + 1) * most);
  const asNumbers = (place: Uint8Array, length: number) =>
    isDouble
      ? new Float64Array(place.buffer, place.byteOffset, length)
      : new Float32Array(place.buffer, place.byteOffset, length);
  return {
    name,
    description: { kind: isDouble ? 1 : 0, length: values.length, root: 0 },
    pieces: Math.max(1, Math.ceil(values.length / most)),
    put: (piece, place) => asNumbers(place, part(piece).length).set(part(piece)),
    take: (piece, places) => {
      const to = part(piece);
      const from = places.map((place) => asNumbers(place, to.length));
      for (let i = 0; i < to.length; i++) {
        let sum = 0;
        for (const each of from) sum += each[i] ?? 0;
        to[i] = sum;
      }
    },
  };
}

export function broadcastCall(bytes: Uint8Array, root: number, rank: number): Call {
  const part = (piece: number) => bytes.subarray(piece * pieceBytes, (piece + 1) * pieceBytes);
  return {
    name: 'broadcast',
    description: { kind: 2, length: bytes.length, root },
    pieces: Math.max(1, Math.ceil(bytes.length / pieceBytes)),
    put: (piece, place) => {
      if (rank === root) place.set(part(piece));
    },
    take: (piece, places) => {
      const to = part(piece);
      const from = places[root];
      if (rank !== root && from) to.set(from.subarray(0, to.length));
    },
  };
}

export const barrierCall: Call = {
  name: 'barrier',
  description: { kind: 3, length: 0, root: 0 },
  pieces: 1,
  put: () => {},
  take: () => {},
};
