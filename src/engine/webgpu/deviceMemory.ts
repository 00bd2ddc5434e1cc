/**
 * Memory of the device for tensors, in place of tfjs' BufferManager, which uses a buffer again only for exactly the same size, and keeps
 * all buffers for ever.
 *
 * Sizes are rounded up to classes, eight from one power of two to the next, so that at most an eighth is unused. A tensor takes an idle
 * buffer of its class, or else the smallest one up to twice as large. So a smaller batch and samples mostly live in the buffers of
 * training. What is still idle is bounded: if there is more memory than one and a half times the most that was in use, the buffers
 * that were idle the longest are destroyed.
 *
 * Recycled buffers have unknown content. Whoever binds or copies one must say how many bytes are the tensor's.
 */
export interface DeviceBuffer {
  destroy(): void;
}

export interface BufferDevice {
  createBuffer(descriptor: {
    readonly size: number;
    readonly usage: number;
    readonly mappedAtCreation: boolean;
  }): DeviceBuffer;
}

interface Block {
  readonly buffer: DeviceBuffer;
  readonly bytes: number;
  readonly usage: number;
  readonly sizeClass: number;
  /** When it was given back: the number of blocks that had been given back before. */
  idleSince: number;
}

const classesPerDoubling = 8;
/** The smallest class: 256 bytes. */
const leastExponent = 8;
/** Memory that may be there, as a multiple of the most that was in use, and at least. */
const [mostExcess, leastKept] = [1.5, 2 ** 24];

export class DeviceMemory {
  /** Bytes of the buffers in use; tfjs reads it. */
  numBytesUsed = 0;
  /** Bytes of all buffers; tfjs reads it. */
  numBytesAllocated = 0;
  readonly #device: BufferDevice;
  readonly #largest: number;
  readonly #used = new Map<DeviceBuffer, Block>();
  /** Idle blocks by usage and class; the one that was given back last is the last. */
  readonly #idle = new Map<number, Block[][]>();
  #peakBytesUsed = 0;
  #given = 0;
  #keepsIdle = true;

  /** @param largest size of the largest buffer that the device allows */
  constructor(device: BufferDevice, largest: number) {
    this.#device = device;
    this.#largest = largest;
  }

  /**
   * Returns a buffer of at least this size.
   * @param isMapped whether the caller wants to write into it; an idle buffer is not mapped even so
   * @param isShared whether the buffer may come from others, and go to others afterwards; otherwise it has exactly this size
   */
  acquireBuffer(bytes: number, usage: number, isMapped = false, isShared = true): DeviceBuffer {
    this.#keepsIdle = true;
    const sizeClass = classOf(bytes);
    const size = isShared ? Math.min(bytesOf(sizeClass), Math.max(bytes, this.#largest)) : bytes;
    const idle = isShared ? this.#takeIdle(sizeClass, usage) : undefined;
    const block = idle ?? this.#create(size, { usage, sizeClass, isMapped });
    this.#used.set(block.buffer, block);
    this.numBytesUsed += block.bytes;
    this.#peakBytesUsed = Math.max(this.#peakBytesUsed, this.numBytesUsed);
    return block.buffer;
  }

  /** Takes a buffer back. Commands that use it may still be waiting, unless it is not shared. */
  releaseBuffer(buffer: DeviceBuffer, isShared = true): void {
    const block = this.#used.get(buffer);
    if (!block) return; // all memory was freed before
    this.#used.delete(buffer);
    this.numBytesUsed -= block.bytes;
    // After `releaseIdle`, nothing was recorded that could use the buffer: that would have taken buffers.
    if (!isShared || !this.#keepsIdle) {
      this.#destroy(block);
      return;
    }
    block.idleSince = this.#given++;
    const classes = this.#idle.get(block.usage) ?? [];
    this.#idle.set(block.usage, classes);
    classes[block.sizeClass] ??= [];
    classes[block.sizeClass]!.push(block);
  }

  /** Destroys what is too much. To be called when no command waits to be submitted: those that wait may use idle buffers. */
  trim(): void {
    const most = Math.max(leastKept, mostExcess * this.#peakBytesUsed);
    if (this.numBytesAllocated <= most) return;
    for (const block of this.#idleBlocks().sort((a, b) => a.idleSince - b.idleSince)) {
      if (this.numBytesAllocated <= most) return;
      const blocks = this.#idle.get(block.usage)![block.sizeClass]!;
      blocks.splice(blocks.indexOf(block), 1);
      this.#destroy(block);
    }
  }

  /** Destroys all idle buffers, and those that are given back before another one is taken. When to call it: as `trim`. */
  releaseIdle(): void {
    for (const block of this.#idleBlocks()) this.#destroy(block);
    this.#idle.clear();
    this.#keepsIdle = false;
    this.#peakBytesUsed = this.numBytesUsed;
  }

  /** Destroys all buffers. */
  dispose(): void {
    this.releaseIdle();
    for (const block of this.#used.values()) this.#destroy(block);
    this.#used.clear();
    this.numBytesUsed = 0;
  }

  /** The last idle block of the class, or of the next one that has any, up to twice the size. */
  #takeIdle(sizeClass: number, usage: number): Block | undefined {
    const classes = this.#idle.get(usage);
    if (!classes) return undefined;
    for (let larger = sizeClass; larger <= sizeClass + classesPerDoubling; larger += 1) {
      const block = classes[larger]?.pop();
      if (block) return block;
    }
    return undefined;
  }

  #create(
    bytes: number,
    {
      usage,
      sizeClass,
      isMapped,
    }: { readonly usage: number; readonly sizeClass: number; readonly isMapped: boolean },
  ): Block {
    const buffer = this.#device.createBuffer({ size: bytes, usage, mappedAtCreation: isMapped });
    this.numBytesAllocated += bytes;
    return { buffer, bytes, usage, sizeClass, idleSince: 0 };
  }

  #destroy({ buffer, bytes }: Block): void {
    buffer.destroy();
    this.numBytesAllocated -= bytes;
  }

  #idleBlocks(): Block[] {
    return [...this.#idle.values()].flat(2);
  }
}

/** The class of the smallest buffers that have room for so many bytes. */
function classOf(bytes: number): number {
  const size = Math.max(bytes, 2 ** leastExponent);
  const exponent = Math.floor(Math.log2(size));
  const beyond = size / 2 ** exponent - 1;
  return classesPerDoubling * (exponent - leastExponent) + Math.ceil(classesPerDoubling * beyond);
}

function bytesOf(sizeClass: number): number {
  const exponent = leastExponent + Math.floor(sizeClass / classesPerDoubling);
  return 2 ** exponent * (1 + (sizeClass % classesPerDoubling) / classesPerDoubling);
}
