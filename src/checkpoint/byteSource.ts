/** Bytes with random access: an open file, or bytes in memory. */
export interface ByteSource {
  readonly size: number;
  /** Reads from a position into the target, as many bytes as there are; resolves to their number, at least 1 before the end. */
  read(target: Uint8Array, position: number): Promise<number>;
}

/** A source of bytes in memory, which are not copied. */
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
