/**
 * Recycled memory for tensors. A training step makes and drops the same sizes again and again; fresh memory costs page
 * faults, zero-filling and garbage collection, recycled memory costs nothing. Blocks are aligned to 64 bytes.
 *
 * Recycled memory is dirty: who takes it writes every element. Idle memory is bounded: where the pool must grow although twice
 * the most that was ever in use lies idle (sizes of work that is over), the idle blocks are let go first.
 */
export interface PoolStatistics {
  /** Bytes in blocks that are in use. */
  readonly liveBytes: number;
  /** Bytes in blocks that wait to be used again. */
  readonly freeBytes: number;
  /** Blocks that were newly made since the start; constant in a steady state. */
  readonly allocations: number;
}

/** A piece of memory that one tensor owns at a time. */
export interface Block {
  readonly buffer: ArrayBuffer;
  readonly offset: number;
  readonly bytes: number;
}

const alignment = 64;
const pageBytes = 4096;

export class BufferPool {
  readonly #free = new Map<number, Block[]>();
  readonly #buffers = new WeakSet<ArrayBufferLike>();
  readonly #misalignment: (bytes: Uint8Array) => number;
  #liveBytes = 0;
  #peakLiveBytes = 0;
  #freeBytes = 0;
  #allocations = 0;

  /** `misalignment` tells how many bytes to skip in front of the first aligned address. */
  constructor(misalignment: (bytes: Uint8Array) => number) {
    this.#misalignment = misalignment;
  }

  /** A block of at least `bytes` bytes, with unknown content. */
  take(bytes: number): Block {
    const size = sizeClass(bytes);
    const block = this.#free.get(size)?.pop();
    this.#liveBytes += size;
    this.#peakLiveBytes = Math.max(this.#peakLiveBytes, this.#liveBytes);
    if (!block) return this.#allocate(size);
    this.#freeBytes -= size;
    return block;
  }

  /** Gives a block back; its memory may be handed out again at once. */
  give(block: Block): void {
    this.#liveBytes -= block.bytes;
    this.#freeBytes += block.bytes;
    const blocks = this.#free.get(block.bytes);
    if (blocks) blocks.push(block);
    else this.#free.set(block.bytes, [block]);
  }

  /** Whether `buffer` is one of the pool's. */
  owns(buffer: ArrayBufferLike): boolean {
    return this.#buffers.has(buffer);
  }

  /** Lets go of all memory that is not in use. */
  trim(): void {
    this.#free.clear();
    this.#freeBytes = 0;
  }

  statistics(): PoolStatistics {
    return { liveBytes: this.#liveBytes, freeBytes: this.#freeBytes, allocations: this.#allocations };
  }

  #allocate(size: number): Block {
    if (this.#freeBytes > 2 * this.#peakLiveBytes) this.trim();
    // Large blocks would all begin at the same place in a page; a kernel that reads one and writes another would then find
    // every address in the same cache sets.
    const stagger = size < pageBytes * 16 ? 0 : ((this.#allocations * 5) % 61) * alignment;
    const buffer = new ArrayBuffer(size + alignment + stagger);
    this.#buffers.add(buffer);
    this.#allocations++;
    return { buffer, offset: this.#misalignment(new Uint8Array(buffer)) + stagger, bytes: size };
  }
}

/** Sizes are rounded up to an eighth of the power of two below, so that similar sizes share blocks. */
function sizeClass(bytes: number): number {
  const least = 256;
  if (bytes <= least) return least;
  const step = 2 ** Math.max(6, Math.floor(Math.log2(bytes)) - 3);
  return Math.ceil(bytes / step) * step;
}
