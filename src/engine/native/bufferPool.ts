/**
 * Recycled memory for tensors. A training step allocates and frees the same sizes again and again. Fresh memory costs page
 * faults, zero-filling and garbage collection; recycled memory does not. Blocks are aligned to 64 bytes.
 *
 * Recycled memory has unknown content, so the caller of `take` must write every element. Idle memory is bounded: before the pool
 * grows, it frees its idle blocks (left over from finished work) if they exceed twice the peak memory in use.
 */
export interface PoolStatistics {
  /** Bytes in blocks that are in use. */
  readonly liveBytes: number;
  /** Bytes in idle blocks. */
  readonly freeBytes: number;
  /** Number of blocks allocated since the start; constant in a steady state. */
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

  /** `misalignment` returns how many bytes to skip before the first aligned address. */
  constructor(misalignment: (bytes: Uint8Array) => number) {
    this.#misalignment = misalignment;
  }

  /** Returns a block of at least `bytes` bytes, with unknown content. */
  take(bytes: number): Block {
    const size = sizeClass(bytes);
    const block = this.#free.get(size)?.pop();
    this.#liveBytes += size;
    this.#peakLiveBytes = Math.max(this.#peakLiveBytes, this.#liveBytes);
    if (!block) return this.#allocate(size);
    this.#freeBytes -= size;
    return block;
  }

  /** Returns a block to the pool; its memory may be reused immediately. */
  give(block: Block): void {
    this.#liveBytes -= block.bytes;
    this.#freeBytes += block.bytes;
    const blocks = this.#free.get(block.bytes);
    if (blocks) blocks.push(block);
    else this.#free.set(block.bytes, [block]);
  }

  /** Whether `buffer` belongs to the pool. */
  owns(buffer: ArrayBufferLike): boolean {
    return this.#buffers.has(buffer);
  }

  /** Frees all memory that is not in use. */
  trim(): void {
    this.#free.clear();
    this.#freeBytes = 0;
  }

  statistics(): PoolStatistics {
    return { liveBytes: this.#liveBytes, freeBytes: this.#freeBytes, allocations: this.#allocations };
  }

  #allocate(size: number): Block {
    if (this.#freeBytes > 2 * this.#peakLiveBytes) this.trim();
    // Without the stagger, all large blocks would start at the same offset in a page. A kernel that reads one block and writes
    // another would then find all addresses in the same cache sets.
    const stagger = size < pageBytes * 16 ? 0 : ((this.#allocations * 5) % 61) * alignment;
    const buffer = new ArrayBuffer(size + alignment + stagger);
    this.#buffers.add(buffer);
    this.#allocations++;
    return { buffer, offset: this.#misalignment(new Uint8Array(buffer)) + stagger, bytes: size };
  }
}

/** Rounds sizes up to a multiple of an eighth of the power of two below, so that similar sizes share blocks. */
function sizeClass(bytes: number): number {
  const least = 256;
  if (bytes <= least) return least;
  const step = 2 ** Math.max(6, Math.floor(Math.log2(bytes)) - 3);
  return Math.ceil(bytes / step) * step;
}
