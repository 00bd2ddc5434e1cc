/**
 * Processes, or threads, that work on one job together: the ranks. All of them call the same functions in the same order, with arrays of
 * the same length; a call ends when all ranks have made it. What only looks different, such as an array of zeros from a rank without
 * images, is still a call. Calls that block, and calls that return promises, each keep an order of their own; neither waits for the other.
 */
export interface ProcessGroup {
  /** This rank, from 0. Rank 0 speaks for all: it writes files and shows what happens. */
  readonly rank: number;
  /** Number of ranks. */
  readonly size: number;
  /**
   * Replaces the values by the sum over all ranks, which has the same bits on each of them. The array is the group's until then. Several
   * calls may be on their way; they end in their order.
   * @param values this rank's, as many on each rank
   * @throws GroupError when a rank is lost or does not answer in time
   */
  allReduce(values: Float32Array | Float64Array): Promise<void>;
  /**
   * As `allReduce`, but blocks the thread: for sums that the next operation of a pass needs.
   * @param values this rank's, as many on each rank
   */
  allReduceNow(values: Float32Array | Float64Array): void;
  /**
   * Replaces the bytes by those of one rank.
   * @param bytes as many on each rank
   * @param root the rank whose bytes all get
   */
  broadcast(bytes: Uint8Array, root: number): Promise<void>;
  /** Ends when all ranks have called it. */
  barrier(): Promise<void>;
  /**
   * Ends the job on all ranks, as after a failure that the others cannot see.
   * @param reason why, for the errors of the other ranks
   */
  abort(reason: string): void;
  /** Leaves the group in good order, after all calls of this rank have ended. */
  close(): Promise<void>;
}
