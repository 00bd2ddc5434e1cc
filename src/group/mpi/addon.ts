/** What native/mpi exports. The arrays of a call belong to it until it ends. */
export interface MpiAddon {
  /** Initialises MPI, once per process. The number is the time limit of a call in seconds. */
  open(timeLimit: number): Promise<{ readonly rank: number; readonly size: number }>;
  sum(values: Float32Array | Float64Array): Promise<void>;
  sumNow(values: Float32Array | Float64Array): void;
  broadcast(bytes: Uint8Array, root: number): Promise<void>;
  barrier(): Promise<void>;
  finalize(): Promise<void>;
  /** Ends the job on all ranks, and this process. */
  abort(): never;
  /** Name and version of the MPI. */
  library(): string;
}
