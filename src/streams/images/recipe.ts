/**
 * A small value that creates an image or a batch on demand. RxJS pushes and has no back-pressure, so recipes instead of images
 * pass through the operators before the step; only `trainStep` calls `make`.
 */
export interface Recipe<T> {
  /** Number of images in the recipe, including those that turn out to be damaged. */
  readonly images: number;
  /**
   * Makes the value; null if all its images are damaged. Each call makes the same value anew. Rejects soon after `signal`
   * aborts.
   *
   * @param signal aborts when the value is no longer needed
   */
  make(signal?: AbortSignal): Promise<T | null>;
  /**
   * Returns what `make` would if it is in memory, else null: a promise for each image takes longer than copying one.
   */
  peek?(): T | null;
}
