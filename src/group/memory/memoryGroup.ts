import { threadId } from 'node:worker_threads';
import { GroupError } from '../groupError.js';
import type { ProcessGroup } from '../processGroup.js';
import { barrierCall, broadcastCall, type Call, callText, sumCall } from './calls.js';
import { ControlBlock } from './controlBlock.js';
import { type GroupMemory, pieceBytes } from './groupMemory.js';

interface Started {
  readonly call: Call;
  readonly resolve: () => void;
  readonly reject: (error: GroupError) => void;
  /** Pieces that are done. */
  done: number;
  /** Until when the others must have put the current piece; undefined until this rank has. */
  deadline?: number;
}

/**
 * A rank of a group inside one process: ranks are worker threads, or share a thread, for tests. Ranks of one thread can only use calls
 * that return promises. Each rank must be made once.
 *
 *     const memory = groupMemory(2);                       // post it to the threads
 *     const group = memoryGroup(memory, 1);                // in the second
 */
export function memoryGroup(memory: GroupMemory, rank: number): ProcessGroup {
  return new MemoryGroup(memory, rank);
}

/**
 * All ranks go through the same pieces of the same calls. A rank puts its piece into one of its two places, counts it, waits until all have
 * counted as many, and reads what the others have put. Then it uses its other place. It comes back to the first only after all have
 * counted the next piece, and so have read this one.
 */
class MemoryGroup implements ProcessGroup {
  readonly size: number;
  private readonly control: ControlBlock;
  /** In the order of their start; the first is on its way. */
  private readonly calls: Started[] = [];
  private posted = 0;
  private waiting = false;
  private closed = false;

  constructor(
    private readonly memory: GroupMemory,
    readonly rank: number,
  ) {
    this.size = memory.size;
    if (!Number.isInteger(rank) || rank < 0 || rank >= this.size)
      throw new RangeError(`memoryGroup: rank must be an integer from 0 to ${this.size - 1}, got ${rank}`);
    this.control = new ControlBlock(memory);
    if (!this.control.join(rank, threadId)) throw new GroupError(`memoryGroup: rank ${rank} is taken`);
  }

  allReduce(values: Float32Array | Float64Array): Promise<void> {
    return this.started(sumCall('allReduce', values));
  }

  allReduceNow(values: Float32Array | Float64Array): void {
    this.checkThreads();
    let error: GroupError | undefined;
    let ended = false;
    this.calls.push({
      call: sumCall('allReduceNow', values),
      done: 0,
      resolve: () => {
        ended = true;
      },
      reject: (reason) => {
        error = reason;
      },
    });
    for (;;) {
      const seen = this.control.changes();
      this.advance();
      if (error) throw error;
      if (ended) return;
      this.control.waitNow(seen, this.timeLeft());
    }
  }

  broadcast(bytes: Uint8Array, root: number): Promise<void> {
    if (!Number.isInteger(root) || root < 0 || root >= this.size)
      throw new RangeError(`broadcast: root must be an integer from 0 to ${this.size - 1}, got ${root}`);
    return this.started(broadcastCall(bytes, root, this.rank));
  }

  barrier(): Promise<void> {
    return this.started(barrierCall);
  }

  abort(reason: string): void {
    this.control.fail(`rank ${this.rank} has ended the job: ${reason}`);
  }

  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    this.control.leave(this.rank);
  }

  private async started(call: Call): Promise<void> {
    const ended = new Promise<void>((resolve, reject) => {
      this.calls.push({ call, resolve, reject, done: 0 });
    });
    this.wait();
    return ended;
  }

  private async wait(): Promise<void> {
    if (this.waiting) return;
    this.waiting = true;
    for (;;) {
      const seen = this.control.changes();
      this.advance();
      if (this.calls.length === 0) break;
      await this.control.wait(seen, this.timeLeft());
    }
    this.waiting = false;
  }

  /** Goes as far as possible without waiting. */
  private advance(): void {
    for (let first = this.calls[0]; first; first = this.calls[0]) {
      if (first.deadline === undefined && !this.hasEnded()) this.put(first);
      // What all ranks have put can be read even if one of them has failed since.
      if (this.missing().length === 0 && first.deadline !== undefined) this.take(first);
      else if (this.hasEnded() || this.isLost(first)) this.rejectAll();
      else return;
    }
  }

  private hasEnded(): boolean {
    return this.closed || this.control.failure() !== null;
  }

  private put(started: Started): void {
    const { call, done } = started;
    call.put(done, this.place(this.rank, this.posted));
    this.posted = (this.posted + 1) | 0;
    this.control.post(this.rank, this.posted, call.description);
    started.deadline = performance.now() + this.memory.timeLimitMs;
  }

  private take(started: Started): void {
    const { call } = started;
    const piece = this.posted - 1;
    if (!this.isSameCall(call, piece)) return;
    call.take(
      started.done,
      Array.from({ length: this.size }, (_, rank) => this.place(rank, piece)),
    );
    started.done++;
    started.deadline = undefined;
    if (started.done < call.pieces) return;
    this.calls.shift();
    started.resolve();
  }

  private isSameCall(call: Call, piece: number): boolean {
    const mine = callText(call.description);
    for (let rank = 0; rank < this.size; rank++) {
      const other = callText(this.control.descriptionOf(rank, piece));
      if (other === mine) continue;
      this.control.fail(`rank ${rank} called ${other} while rank ${this.rank} called ${mine}`);
      this.rejectAll();
      return false;
    }
    return true;
  }

  /** Whether it is known that the call cannot end; if so, the group fails. */
  private isLost({ call, deadline = Number.POSITIVE_INFINITY }: Started): boolean {
    const missing = this.missing();
    const left = missing.filter((rank) => this.control.hasLeft(rank));
    if (left.length > 0) this.control.fail(`${call.name}: ${ranksText(left)} left the group`);
    else if (performance.now() >= deadline) {
      const limit = `${this.memory.timeLimitMs / 1000} s`;
      this.control.fail(`${call.name}: ${ranksText(missing)} did not arrive within ${limit}`);
    } else return false;
    return true;
  }

  private rejectAll(): void {
    const reason = this.control.failure() ?? `rank ${this.rank} has left the group`;
    for (const { reject } of this.calls.splice(0)) reject(new GroupError(reason));
  }

  /** The ranks that have put fewer pieces than this one. */
  private missing(): number[] {
    const ranks = Array.from({ length: this.size }, (_, rank) => rank);
    return ranks.filter((rank) => ((this.control.posted(rank) - this.posted) | 0) < 0);
  }

  private timeLeft(): number {
    return Math.max(0, (this.calls[0]?.deadline ?? 0) - performance.now());
  }

  private place(rank: number, piece: number): Uint8Array {
    return new Uint8Array(this.memory.pieces, (2 * rank + (piece & 1)) * pieceBytes, pieceBytes);
  }

  private checkThreads(): void {
    for (let rank = 0; rank < this.size; rank++) {
      if (rank === this.rank || !this.control.isInThread(rank, threadId)) continue;
      throw new GroupError(
        `allReduceNow: rank ${rank} is in the same thread as rank ${this.rank}, which would wait for it forever; use allReduce, or a thread for each rank`,
      );
    }
  }
}

function ranksText(ranks: readonly number[]): string {
  if (ranks.length === 1) return `rank ${ranks[0]}`;
  return `ranks ${ranks.slice(0, -1).join(', ')} and ${ranks.at(-1)}`;
}
