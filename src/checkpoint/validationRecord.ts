/** What a run has measured on its held-out images so far; plain data that a checkpoint stores. */

/** The model with the lowest bits per dimension. */
export interface BestRecord {
  /** Bits per dimension that it was measured to have. */
  readonly bitsPerDimension: number;
  /** Epoch, from 0, after which it was measured. */
  readonly epoch: number;
  /** Number of steps it had made. */
  readonly step: number;
}

/** The last validation of a run, and the best one. */
export interface ValidationRecord {
  /** Epoch, from 0, after which the run was last measured. */
  readonly epoch: number;
  /** Identity of the images that were measured: numbers of other images cannot be compared. */
  readonly images: string;
  /** The model in the file of the best model; null if there is none. */
  readonly best: BestRecord | null;
}
