/** One of several paths of images, and how often it is taken. */
export interface DatasetPath {
  /** A folder of images, or what else `datasetAt` takes. */
  readonly path: string;
  /** How often each of its images is taken in an epoch: a positive integer. @default 1 */
  readonly repeat?: number;
}
