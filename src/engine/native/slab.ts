/** A large piece of memory that blocks of any size are cut from. Neighbouring free blocks become one. */
export class Slab {
  readonly buffer: ArrayBuffer;
  readonly bytes: number;
  /** Free ranges in order of address: where they begin and end. */
  readonly #begins: number[];
  readonly #ends: number[];

  /** @param first offset in the buffer of the first of `bytes` bytes */
  constructor(buffer: ArrayBuffer, first: number, bytes: number) {
    this.buffer = buffer;
    this.bytes = bytes;
    this.#begins = [first];
    this.#ends = [first + bytes];
  }

  get isIdle(): boolean {
    return this.#begins.length === 1 && this.#ends[0]! - this.#begins[0]! === this.bytes;
  }

  /** Returns the offset of the first `bytes` free bytes that lie together; null if there are none. */
  take(bytes: number): number | null {
    const [begins, ends] = [this.#begins, this.#ends];
    const i = begins.findIndex((begin, k) => ends[k]! - begin >= bytes);
    if (i < 0) return null;
    const offset = begins[i]!;
    begins[i] = offset + bytes;
    if (begins[i] === ends[i]) this.#replace(i, 1);
    return offset;
  }

  isFree(offset: number, bytes: number): boolean {
    return (this.#ends[this.#firstAfter(offset) - 1] ?? 0) >= offset + bytes;
  }

  /** Takes a certain range, which must be free. */
  claim(offset: number, bytes: number): void {
    const i = this.#firstAfter(offset) - 1;
    const [begin, end] = [this.#begins[i]!, this.#ends[i]!];
    this.#replace(i, 1);
    if (offset + bytes < end) this.#replace(i, 0, offset + bytes, end);
    if (begin < offset) this.#replace(i, 0, begin, offset);
  }

  give(offset: number, bytes: number): void {
    const [begins, ends] = [this.#begins, this.#ends];
    const next = this.#firstAfter(offset);
    const joinsNext = begins[next] === offset + bytes;
    const joinsLast = next > 0 && ends[next - 1] === offset;
    const begin = joinsLast ? begins[next - 1]! : offset;
    const end = joinsNext ? ends[next]! : offset + bytes;
    this.#replace(next - Number(joinsLast), Number(joinsLast) + Number(joinsNext), begin, end);
  }

  /** Replaces `count` ranges from i on by the given one, or by none. */
  #replace(i: number, count: number, begin?: number, end?: number): void {
    if (begin === undefined || end === undefined) {
      this.#begins.splice(i, count);
      this.#ends.splice(i, count);
    } else {
      this.#begins.splice(i, count, begin);
      this.#ends.splice(i, count, end);
    }
  }

  #firstAfter(offset: number): number {
    let [low, high] = [0, this.#begins.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#begins[middle]! > offset) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}
