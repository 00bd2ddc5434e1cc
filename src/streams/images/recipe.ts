/**
 * What crosses the operators before the step. RxJS pushes and has no back-pressure, so these are not images or batches
 * but small values that make one when they are asked to; only `trainStep` asks.
 */
export interface Recipe<T> {
  /** Image files it stands for, those included that turn out to be damaged. */
  readonly images: number;
  /**
   * Make the value; null where nothing could be made of damaged files. Each call makes it anew, and the same.
   * An abort rejects as soon as may be.
   */
  make(signal?: AbortSignal): Promise<T | null>;
  /**
   * What `make` would give, where that is in memory and takes no waiting; null where it does not. A promise for each image
   * takes longer than copying one.
   */
  peek?(): T | null;
}
