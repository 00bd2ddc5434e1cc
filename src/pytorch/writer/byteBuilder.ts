/** Little-endian bytes, appended piece by piece. */
export class ByteBuilder {
  #bytes = new Uint8Array(256);
  #length = 0;

  /** Appends bytes. */
  bytes(values: ArrayLike<number>): this {
    this.#reserve(values.length).set(values);
    return this;
  }

  /** Appends a text in UTF-8. */
  text(text: string): this {
    return this.bytes(new TextEncoder().encode(text));
  }

  /** Appends an unsigned integer of 1, 2 or 4 bytes. */
  unsigned(value: number, size: 1 | 2 | 4): this {
    const target = this.#reserve(size);
    for (let i = 0; i < size; i += 1) target[i] = value >>> (8 * i);
    return this;
  }

  /** Appends an unsigned integer of 8 bytes. */
  unsigned64(value: number): this {
    return this.unsigned(value % 2 ** 32, 4).unsigned(Math.floor(value / 2 ** 32), 4);
  }

  /** A copy of all bytes so far. */
  done(): Uint8Array<ArrayBuffer> {
    return this.#bytes.slice(0, this.#length);
  }

  #reserve(size: number): Uint8Array {
    const start = this.#length;
    this.#length += size;
    if (this.#length > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(2 * this.#bytes.length, this.#length));
      larger.set(this.#bytes.subarray(0, start));
      this.#bytes = larger;
    }
    return this.#bytes.subarray(start, this.#length);
  }
}
