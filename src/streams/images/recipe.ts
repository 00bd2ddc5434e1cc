/**
 * A small value that makes an image or a batch when it is asked to. RxJS pushes and has no back-pressure, so recipes cross the
 * operators before the step instead of images; only `trainStep` asks them.
 */
export interface Recipe<T> {
  /** The number of images it stands for, including those that turn out to be damaged. */
  readonly images: number;
  /**
   * Make the value; null if all its images are damaged. Each call makes it anew, and the same. Rejects soon after `signal`
   * aborts.
   *
   * @param signal aborts when the value is not wanted any more
   */
  make(signal?: AbortSignal): Promise<T | null>;
  /**
   * The value of `make` if it is in memory, null otherwise: a promise for each image takes longer than copying one.
   */
  peek?(): T | null;
}
