/**
 * Recycled memory for tensors. Fresh memory costs page faults, zero-filling and garbage collection; recycled memory does not.
 * Blocks are aligned to 64 bytes.
 *
 * Blocks are cut from slabs (slab.ts): the first place that is large enough, in order of address. So memory that one part of a step has
 * freed serves the next part, whatever the sizes: the slabs of a training step are a few percent larger than what it has in use at
 * most. Pages of a slab that no block has reached take no memory.
 *
 * Recycled memory has unknown content, so the caller of `take` must write every element. Idle memory is bounded: before the pool
 * grows, it frees its idle slabs if idle memory exceeds twice the peak memory in use.
 */
import { Slab } from './slab.js';

export interface PoolStatistics {
  /** Bytes in blocks that are in use. */
  readonly liveBytes: number;
  /** Bytes of the slabs that are in no block. */
  readonly freeBytes: number;
  /** Number of slabs allocated since the start; constant in a steady state. */
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
const slabBytes = 2 ** 25;

export class BufferPool {
  #slabs: Slab[] = [];
  readonly #buffers = new WeakMap<ArrayBufferLike, Slab>();
  readonly #misalignment: (bytes: Uint8Array) => number;
  #liveBytes = 0;
  #peakLiveBytes = 0;
  #allocations = 0;
  #trims = 0;

  /** `misalignment` returns how many bytes to skip before the first aligned address. */
  constructor(misalignment: (bytes: Uint8Array) => number) {
    this.#misalignment = misalignment;
  }

  /** Returns a block of at least `bytes` bytes, with unknown content. */
  take(bytes: number): Block {
    const size = blockBytes(bytes);
    for (const slab of this.#slabs) {
      const offset = slab.take(size);
      if (offset !== null) return this.#use(slab, offset, size);
    }
    const slab = this.#grow(size);
    return this.#use(slab, slab.take(size) as number, size);
  }

  /** Returns a block to the pool; its memory may be reused immediately. */
  give({ buffer, offset, bytes }: Block): void {
    this.#liveBytes -= bytes;
    this.#buffers.get(buffer)?.give(offset, bytes);
  }

  /** Whether a block is free: no tensor has a part of it. */
  isFree({ buffer, offset, bytes }: Block): boolean {
    return this.#buffers.get(buffer)?.isFree(offset, bytes) ?? false;
  }

  /** Takes a certain block, which must be free. */
  claim({ buffer, offset, bytes }: Block): Block {
    const slab = this.#buffers.get(buffer) as Slab;
    slab.claim(offset, bytes);
    return this.#use(slab, offset, bytes);
  }

  /** Whether `buffer` belongs to the pool. */
  owns(buffer: ArrayBufferLike): boolean {
    return this.#buffers.has(buffer);
  }

  /** Frees all slabs that are not in use. */
  trim(): void {
    this.#slabs = this.#slabs.filter(({ isIdle }) => !isIdle);
    this.#trims++;
  }

  /** How often the pool was trimmed. Blocks that were free at that time may no longer belong to it. */
  get trims(): number {
    return this.#trims;
  }

  statistics(): PoolStatistics {
    return { liveBytes: this.#liveBytes, freeBytes: this.#freeBytes(), allocations: this.#allocations };
  }

  #freeBytes(): number {
    return this.#slabs.reduce((sum, { bytes }) => sum + bytes, 0) - this.#liveBytes;
  }

  #use({ buffer }: Slab, offset: number, bytes: number): Block {
    this.#liveBytes += bytes;
    this.#peakLiveBytes = Math.max(this.#peakLiveBytes, this.#liveBytes);
    return { buffer, offset, bytes };
  }

  #grow(size: number): Slab {
    if (this.#freeBytes() > 2 * this.#peakLiveBytes) this.trim();
    const bytes = Math.max(size, slabBytes);
    const buffer = new ArrayBuffer(bytes + alignment);
    const slab = new Slab(buffer, this.#misalignment(new Uint8Array(buffer)), bytes);
    this.#slabs.push(slab);
    this.#buffers.set(buffer, slab);
    this.#allocations++;
    return slab;
  }
}

/**
 * Rounds up to whole lines. A large block gets whole pages and five lines more: if all large blocks started at the same offset in a page,
 * a kernel that reads one block and writes another would find all addresses in the same cache sets.
 */
function blockBytes(bytes: number): number {
  if (bytes < 16 * pageBytes) return Math.max(1, Math.ceil(bytes / alignment)) * alignment;
  return Math.ceil(bytes / pageBytes) * pageBytes + 5 * alignment;
}
