/**
 * Pairs of numbers by what they belong to, of which only a hash of 95 bits is kept: a million pairs take 32 to 64 MB, where as many
 * texts and objects would take hundreds. That two of a million share a hash is less likely than an undetected error of memory.
 */
export class NumbersByHash {
  #slots = 1024;
  /** Three for each slot; the first is 0 where there is nothing. */
  #hashes = new Uint32Array(3 * this.#slots);
  #first = new Float64Array(this.#slots);
  #second = new Uint32Array(this.#slots);
  #size = 0;
  readonly #hash = new Uint32Array(3);

  get size(): number {
    return this.#size;
  }

  /** The slot of these texts, for `first` and `second` until the next `set`; -1 if there is nothing. */
  find(texts: readonly (string | number | undefined)[]): number {
    this.#hashOf(texts);
    const slot = this.#slotOf(this.#hash, 0);
    return this.#hashes[3 * slot] === 0 ? -1 : slot;
  }

  /** @param slot what `find` returned */
  first(slot: number): number {
    return this.#first[slot] as number;
  }

  /** @param slot what `find` returned */
  second(slot: number): number {
    return this.#second[slot] as number;
  }

  /**
   * Replaces what was there.
   *
   * @param first any number
   * @param second an integer from 0 to 2 ** 32 - 1
   */
  set(texts: readonly (string | number | undefined)[], first: number, second: number): void {
    if (4 * (this.#size + 1) > 3 * this.#slots) this.#grow();
    this.#hashOf(texts);
    const slot = this.#slotOf(this.#hash, 0);
    if (this.#hashes[3 * slot] === 0) this.#size += 1;
    this.#hashes.set(this.#hash, 3 * slot);
    this.#first[slot] = first;
    this.#second[slot] = second;
  }

  clear(): void {
    this.#slots = 1024;
    this.#hashes = new Uint32Array(3 * this.#slots);
    this.#first = new Float64Array(this.#slots);
    this.#second = new Uint32Array(this.#slots);
    this.#size = 0;
  }

  #grow(): void {
    const [hashes, first, second] = [this.#hashes, this.#first, this.#second];
    this.#slots *= 2;
    this.#hashes = new Uint32Array(3 * this.#slots);
    this.#first = new Float64Array(this.#slots);
    this.#second = new Uint32Array(this.#slots);
    for (let old = 0; old < first.length; old += 1) {
      if (hashes[3 * old] === 0) continue;
      const slot = this.#slotOf(hashes, 3 * old);
      for (let i = 0; i < 3; i += 1) this.#hashes[3 * slot + i] = hashes[3 * old + i] as number;
      this.#first[slot] = first[old] as number;
      this.#second[slot] = second[old] as number;
    }
  }

  /** The slot of a hash, or the free one where it belongs. */
  #slotOf(hashes: Uint32Array, at: number): number {
    const kept = this.#hashes;
    for (let slot = (hashes[at + 1] as number) & (this.#slots - 1); ; slot = (slot + 1) & (this.#slots - 1)) {
      const begin = 3 * slot;
      if (kept[begin] === 0) return slot;
      const isSame = kept[begin] === hashes[at] && kept[begin + 1] === hashes[at + 1];
      if (isSame && kept[begin + 2] === hashes[at + 2]) return slot;
    }
  }

  #hashOf(texts: readonly (string | number | undefined)[]): void {
    let [a, b, c] = [0x243f6a88, 0x13198a2e, 0x03707344];
    for (const text of texts) {
      const [kind, characters] =
        typeof text === 'string' ? [0x10000, text] : [0x10001, text === undefined ? '' : String(text)];
      for (let i = -1; i < characters.length; i += 1) {
        const code = i < 0 ? kind : characters.charCodeAt(i);
        a = Math.imul(a ^ code, 0x01000193);
        b = Math.imul((b << 5) ^ (b >>> 27) ^ code, 0x9e3779b1);
        c = Math.imul((c << 13) ^ (c >>> 19) ^ code, 0x85ebca77);
      }
    }
    this.#hash[0] = mixed(a ^ Math.imul(c, 0x27d4eb2f)) | 1;
    this.#hash[1] = mixed(b ^ Math.imul(a, 0x165667b1));
    this.#hash[2] = mixed(c ^ Math.imul(b, 0xc2b2ae3d));
  }
}

/** Every bit of the result depends on all bits. */
function mixed(bits: number): number {
  const once = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  const twice = Math.imul(once ^ (once >>> 13), 0xc2b2ae35);
  return twice ^ (twice >>> 16);
}
