/**
 * What one run of some work made the addon compute. The addon has the calls (native/binding/program.h); this is what has to hold
 * before they are repeated, and what makes their memory stay where it is.
 */
import type * as tf from '../tf.js';
import type { Addon, NativeProgram } from './addon.js';
import type { Block, BufferPool } from './bufferPool.js';

type Values = Float32Array | Int32Array | Uint8Array;

export class Recording {
  /** Memory that the work used; between replays others may use it. */
  #blocks: Block[] = [];
  /** Where the values of the tensors are that the work reads and did not make, such as parameters. */
  readonly #places: { readonly tensor: tf.Tensor; readonly dataId: tf.DataId; readonly values: Values }[];
  /** Values that JavaScript gave, in order: a replay uses the same. */
  readonly constants: Values[] = [];
  /** `BufferPool.trims` at the start. */
  readonly trims: number;
  readonly #addon: Addon;
  readonly #made = new Set<tf.DataId>();
  readonly #readable: Set<tf.DataId>;
  #problem: string | null = null;
  /** Programs, and what happens between them outside the addon. */
  #steps: (NativeProgram | (() => void))[] = [];
  #fingerprint = '';

  /** @param places the tensors that the work reads and did not make, and their values */
  constructor(addon: Addon, pool: BufferPool, places: readonly (readonly [tf.Tensor, Values])[]) {
    this.#addon = addon;
    this.trims = pool.trims;
    this.#places = places.map(([tensor, values]) => ({ tensor, dataId: tensor.dataId, values }));
    this.#readable = new Set(places.map(([{ dataId }]) => dataId));
    addon.startProgram();
  }

  end(): void {
    this.#endProgram();
    this.#blocks = joined(this.#blocks);
  }

  /** Calls a function now, and at this place of each replay. */
  call(outside: () => void): void {
    this.#endProgram();
    this.#steps.push(outside);
    try {
      outside();
    } finally {
      this.#addon.startProgram();
    }
  }

  took(block: Block): void {
    this.#blocks.push(block);
  }

  /** Every byte that the work used, in few blocks. */
  get blocks(): readonly Block[] {
    return this.#blocks;
  }

  /** Runs `make`, whose values each replay replaces. */
  asInput<T>(make: () => T): T {
    const { length } = this.constants;
    try {
      return make();
    } finally {
      this.constants.length = length;
    }
  }

  made(dataId: tf.DataId): void {
    this.#made.add(dataId);
  }

  hasMade(dataId: tf.DataId): boolean {
    return this.#made.has(dataId);
  }

  reads(dataId: tf.DataId): void {
    if (!this.#made.has(dataId) && !this.#readable.has(dataId)) this.cannotReplay('a tensor from outside');
  }

  /** Whether the tensors from outside are where they were. */
  isInPlace(valuesOf: (dataId: tf.DataId) => unknown): boolean {
    return this.#places.every(
      ({ tensor, dataId, values }) => tensor.dataId === dataId && valuesOf(dataId) === values,
    );
  }

  /** Says that something happened outside the addon. */
  cannotReplay(what: string): void {
    this.#problem ??= what;
  }

  /** What cannot be replayed, such as the name of a kernel; null if everything can. */
  get problem(): string | null {
    return this.#problem;
  }

  /** Whether another run of the work made the same calls, with the same numbers. */
  isSameAs(other: Recording): boolean {
    const { constants } = other;
    return (
      this.#fingerprint === other.#fingerprint &&
      this.constants.length === constants.length &&
      this.constants.every((values, i) => isEqual(values, constants[i]))
    );
  }

  /** Lets go of all memory; what `isSameAs` compares stays. */
  release(): void {
    this.#blocks = [];
    this.#places.length = 0;
    this.#made.clear();
    this.#readable.clear();
    this.#steps = [];
  }

  replay(): void {
    for (const step of this.#steps) {
      if (typeof step === 'function') step();
      else this.#addon.runProgram(step.program);
    }
  }

  #endProgram(): void {
    const program = this.#addon.endProgram();
    this.#steps.push(program);
    this.#fingerprint += `/${program.fingerprint}`;
  }
}

/** Joins blocks that overlap or touch each other. */
function joined(blocks: readonly Block[]): Block[] {
  const bySlab = new Map<ArrayBuffer, Block[]>();
  for (const block of blocks.toSorted((a, b) => a.offset - b.offset)) {
    const { buffer, offset, bytes } = block;
    const known = bySlab.get(buffer) ?? [];
    bySlab.set(buffer, known);
    const last = known.at(-1);
    const end = last ? last.offset + last.bytes : -1;
    if (!last || offset > end) known.push(block);
    else known[known.length - 1] = { ...last, bytes: Math.max(end, offset + bytes) - last.offset };
  }
  return [...bySlab.values()].flat();
}

function isEqual(a: Values, b: Values | undefined): boolean {
  return a.length === b?.length && a.every((value, i) => Object.is(value, b[i]));
}
