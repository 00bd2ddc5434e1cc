import { headNumbers, rankNumbers, reasonBytes } from './groupMemory.js';

/** What the ranks say about their current call; all must say the same. */
export interface CallDescription {
  /** Place in the list of the kinds of calls. */
  readonly kind: number;
  /** Number of elements, or of bytes. */
  readonly length: number;
  /** The rank that sends, or 0. */
  readonly root: number;
}

const [changes, failed, reasonLength] = [0, 1, 2];
const [absent, left] = [0, -1];

/** The shared numbers of a lane. Ranks wait for a change of one number, which every rank increases after whatever it does. */
export class ControlBlock {
  readonly #numbers: Int32Array;
  readonly #reason: Uint8Array;

  constructor(control: SharedArrayBuffer, size: number) {
    const count = headNumbers + size * rankNumbers;
    this.#numbers = new Int32Array(control, 0, count);
    this.#reason = new Uint8Array(control, 4 * count, reasonBytes);
  }

  /** The number of changes so far; to read before looking whether there is something to wait for. */
  changes(): number {
    return Atomics.load(this.#numbers, changes);
  }

  /** Blocks the thread until there are more changes than `seen`, at most for this time. */
  waitNow(seen: number, ms: number): void {
    Atomics.wait(this.#numbers, changes, seen, ms);
  }

  async wait(seen: number, ms: number): Promise<void> {
    const waiting = Atomics.waitAsync(this.#numbers, changes, seen, ms);
    if (!waiting.async) return;
    const alive = setInterval(() => {}, 1 << 30); // the wait itself does not keep the event loop alive
    await waiting.value;
    clearInterval(alive);
  }

  /** Returns false if the rank is taken. */
  join(rank: number, thread: number): boolean {
    return this.#changed(
      Atomics.compareExchange(this.#numbers, this.#of(rank), absent, thread + 1) === absent,
    );
  }

  leave(rank: number): void {
    Atomics.store(this.#numbers, this.#of(rank), left);
    this.#changed();
  }

  hasLeft(rank: number): boolean {
    return Atomics.load(this.#numbers, this.#of(rank)) === left;
  }

  isInThread(rank: number, thread: number): boolean {
    return Atomics.load(this.#numbers, this.#of(rank)) === thread + 1;
  }

  /** Number of pieces that the rank has put into its places. */
  posted(rank: number): number {
    return Atomics.load(this.#numbers, this.#of(rank) + 1);
  }

  /** Says that a piece is in its place, with its description. */
  post(rank: number, posted: number, { kind, length, root }: CallDescription): void {
    const at = this.#description(rank, posted - 1);
    this.#numbers.set([kind, length, root], at);
    Atomics.store(this.#numbers, this.#of(rank) + 1, posted);
    this.#changed();
  }

  descriptionOf(rank: number, piece: number): CallDescription {
    const [kind = 0, length = 0, root = 0] = this.#numbers
      .subarray(this.#description(rank, piece))
      .slice(0, 3);
    return { kind, length, root };
  }

  /** Ends the group for all ranks; the first reason stays. */
  fail(reason: string): void {
    if (Atomics.compareExchange(this.#numbers, failed, 0, 1) !== 0) return;
    const { written } = new TextEncoder().encodeInto(reason, this.#reason);
    Atomics.store(this.#numbers, reasonLength, written);
    Atomics.store(this.#numbers, failed, 2);
    this.#changed();
  }

  /** Why the group has ended, or null. */
  failure(): string | null {
    if (Atomics.load(this.#numbers, failed) !== 2) return null;
    return new TextDecoder().decode(this.#reason.slice(0, Atomics.load(this.#numbers, reasonLength)));
  }

  #changed(value = true): boolean {
    Atomics.add(this.#numbers, changes, 1);
    Atomics.notify(this.#numbers, changes);
    return value;
  }

  #of(rank: number): number {
    return headNumbers + rank * rankNumbers;
  }

  #description(rank: number, piece: number): number {
    return this.#of(rank) + 2 + 3 * (piece & 1);
  }
}
