/** Most bytes of the names in a header. */
const mostBytes = 8 * 2 ** 20;

/**
 * The names of images as an entry of a header's metadata: a list in JSON. More than 8 MiB of names (some 300,000) are not kept, so
 * that neither memory nor the header grows without limit.
 */
export class NamesEntry {
  readonly #parts: string[] = [];
  #bytes = 0;

  add(names: readonly string[]): void {
    for (const name of names) {
      if (this.#isFull) return;
      // A header with many colons is refused, since it may have too many tensors.
      const part = JSON.stringify(name).replaceAll(':', '\\u003a');
      // The header is JSON too, so it has this JSON as a string.
      this.#bytes += Buffer.byteLength(JSON.stringify(part));
      if (this.#isFull) this.#parts.length = 0;
      else this.#parts.push(part);
    }
  }

  /** The entry; null if there are too many names. */
  get text(): string | null {
    return this.#isFull ? null : `[${this.#parts.join(',')}]`;
  }

  get #isFull(): boolean {
    return this.#bytes > mostBytes;
  }
}
