/** Bytes that can be read at any place: an open file, or bytes in memory. */
export interface ByteSource {
  readonly size: number;
  /** Fills the target from a position on, as far as there are bytes; resolves to their number, at least 1 before the end. */
  read(target: Uint8Array, position: number): Promise<number>;
}

/** Of bytes in memory, which are not copied. */
export function sourceOf(bytes: Uint8Array): ByteSource {
  return {
    size: bytes.length,
    read: async (target, position) => {
      const part = bytes.subarray(position, position + target.length);
      target.set(part);
      return part.length;
    },
  };
}
