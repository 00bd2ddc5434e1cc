import { GroupError } from '../groupError.js';
import { ranksText } from '../ranksText.js';
import { type Call, callText } from './calls.js';
import { ControlBlock } from './controlBlock.js';
import { type LaneMemory, pieceBytes } from './groupMemory.js';

interface Started {
  readonly call: Call;
  readonly resolve: () => void;
  readonly reject: (error: GroupError) => void;
  /** Pieces that are done. */
  done: number;
  /** Until when the others must have put the current piece; undefined until this rank has. */
  deadline?: number;
}

export interface LaneOptions {
  readonly rank: number;
  readonly size: number;
  readonly timeLimitMs: number;
  /** Ends the group for all ranks. */
  readonly fail: (reason: string) => void;
}

/**
 * Calls in one order, the same on all ranks, which go through the same pieces of them. A rank puts its piece into one of its two places,
 * counts it, waits until all have counted as many, and reads what the others have put. Then it uses its other place. It comes back to the
 * first only after all have counted the next piece, and so have read this one.
 */
export class Lane {
  readonly control: ControlBlock;
  readonly #memory: LaneMemory;
  readonly #options: LaneOptions;
  /** In the order of their start; the first is on its way. */
  readonly #calls: Started[] = [];
  #posted = 0;
  #waiting = false;
  #closed = false;

  constructor(memory: LaneMemory, options: LaneOptions) {
    this.#memory = memory;
    this.#options = options;
    this.control = new ControlBlock(memory.control, options.size);
  }

  /** Starts a call; the promise ends when the call has, after those before it. */
  start(call: Call): Promise<void> {
    const ended = new Promise<void>((resolve, reject) => {
      this.#calls.push({ call, resolve, reject, done: 0 });
    });
    this.#wait();
    return ended;
  }

  /** Makes a call, and blocks the thread until it has ended. */
  run(call: Call): void {
    let error: GroupError | undefined;
    let ended = false;
    const resolve = () => {
      ended = true;
    };
    const reject = (reason: GroupError) => {
      error = reason;
    };
    this.#calls.push({ call, resolve, reject, done: 0 });
    for (;;) {
      const seen = this.control.changes();
      this.#advance();
      if (error) throw error;
      if (ended) return;
      this.control.waitNow(seen, this.#timeLeft());
    }
  }

  close(): void {
    this.#closed = true;
    this.control.leave(this.#options.rank);
  }

  async #wait(): Promise<void> {
    if (this.#waiting) return;
    this.#waiting = true;
    for (;;) {
      const seen = this.control.changes();
      this.#advance();
      if (this.#calls.length === 0) break;
      await this.control.wait(seen, this.#timeLeft());
    }
    this.#waiting = false;
  }

  /** Goes as far as possible without waiting. */
  #advance(): void {
    for (let first = this.#calls[0]; first; first = this.#calls[0]) {
      if (first.deadline === undefined && !this.#hasEnded()) this.#put(first);
      // What all ranks have put can be read even if one of them has failed since.
      if (this.#missing().length === 0 && first.deadline !== undefined) this.#take(first);
      else if (this.#hasEnded() || this.#isLost(first)) this.#rejectAll();
      else return;
    }
  }

  #hasEnded(): boolean {
    return this.#closed || this.control.failure() !== null;
  }

  #put(started: Started): void {
    const { call, done } = started;
    const { rank, timeLimitMs } = this.#options;
    call.put(done, this.#place(rank, this.#posted));
    this.#posted = (this.#posted + 1) | 0;
    this.control.post(rank, this.#posted, call.description);
    started.deadline = performance.now() + timeLimitMs;
  }

  #take(started: Started): void {
    const { call } = started;
    const piece = this.#posted - 1;
    if (!this.#isSameCall(call, piece)) return;
    const places = Array.from({ length: this.#options.size }, (_, rank) => this.#place(rank, piece));
    call.take(started.done, places);
    started.done++;
    started.deadline = undefined;
    if (started.done < call.pieces) return;
    this.#calls.shift();
    started.resolve();
  }

  #isSameCall(call: Call, piece: number): boolean {
    const mine = callText(call.description);
    const { rank, size, fail } = this.#options;
    for (let other = 0; other < size; other++) {
      const text = callText(this.control.descriptionOf(other, piece));
      if (text === mine) continue;
      fail(`rank ${other} called ${text} while rank ${rank} called ${mine}`);
      this.#rejectAll();
      return false;
    }
    return true;
  }

  /** Whether it is known that the call cannot end; if so, the group fails. */
  #isLost({ call, deadline = Number.POSITIVE_INFINITY }: Started): boolean {
    const { timeLimitMs, fail } = this.#options;
    const missing = this.#missing();
    const left = missing.filter((rank) => this.control.hasLeft(rank));
    if (left.length > 0) fail(`${call.name}: ${ranksText(left)} left the group`);
    else if (performance.now() >= deadline)
      fail(`${call.name}: ${ranksText(missing)} did not arrive within ${timeLimitMs / 1000} s`);
    else return false;
    return true;
  }

  #rejectAll(): void {
    const reason = this.control.failure() ?? `rank ${this.#options.rank} has left the group`;
    for (const { reject } of this.#calls.splice(0)) reject(new GroupError(reason));
  }

  /** The ranks that have put fewer pieces than this one. */
  #missing(): number[] {
    const ranks = Array.from({ length: this.#options.size }, (_, rank) => rank);
    return ranks.filter((rank) => ((this.control.posted(rank) - this.#posted) | 0) < 0);
  }

  #timeLeft(): number {
    return Math.max(0, (this.#calls[0]?.deadline ?? 0) - performance.now());
  }

  #place(rank: number, piece: number): Uint8Array {
    return new Uint8Array(this.#memory.pieces, (2 * rank + (piece & 1)) * pieceBytes, pieceBytes);
  }
}
