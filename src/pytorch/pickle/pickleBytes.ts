import { damaged } from '../damaged.js';

/** Reads the bytes of a pickle one after the other. Lengths are checked before memory is taken. */
export class PickleBytes {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #where: string;
  #position: number;

  /** @param where names the file in messages */
  constructor(bytes: Uint8Array, start: number, where: string) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#where = where;
    this.#position = start;
  }

  /** Position of the next byte. */
  get position(): number {
    return this.#position;
  }

  uint8(): number {
    return this.#view.getUint8(this.#skip(1));
  }

  uint16(): number {
    return this.#view.getUint16(this.#skip(2), true);
  }

  int32(): number {
    return this.#view.getInt32(this.#skip(4), true);
  }

  uint32(): number {
    return this.#view.getUint32(this.#skip(4), true);
  }

  /** Pickles have floats in big-endian order. */
  float64(): number {
    return this.#view.getFloat64(this.#skip(8), false);
  }

  /** A signed integer of any number of bytes, little-endian; a bigint if a number cannot hold it. */
  integer(length: number): number | bigint {
    const bytes = this.#take(length);
    let value = 0n;
    for (let i = length - 1; i >= 0; i -= 1) value = (value << 8n) | BigInt(bytes[i] as number);
    const signed = BigInt.asIntN(8 * length, value);
    const number = Number(signed);
    return Number.isSafeInteger(number) ? number : signed;
  }

  text(length: number): string {
    return this.#decode(this.#take(length));
  }

  /** A text up to the next line break, which is skipped. */
  line(): string {
    const end = this.#bytes.indexOf(0x0a, this.#position);
    if (end < 0) throw this.#ended();
    const text = this.#decode(this.#take(end - this.#position));
    this.#skip(1);
    return text;
  }

  #take(length: number): Uint8Array {
    const start = this.#skip(length);
    return this.#bytes.subarray(start, start + length);
  }

  #skip(length: number): number {
    const start = this.#position;
    if (length > this.#bytes.length - start) throw this.#ended();
    this.#position += length;
    return start;
  }

  #decode(bytes: Uint8Array): string {
    try {
      return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    } catch (error) {
      throw damaged(
        this.#where,
        `its pickle has a text that is not UTF-8 before byte ${this.#position}`,
        error,
      );
    }
  }

  #ended(): Error {
    return damaged(this.#where, `its pickle ends within a value (byte ${this.#bytes.length})`);
  }
}
