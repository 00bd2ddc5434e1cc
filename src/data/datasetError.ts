/** A dataset cannot be used for training. */
export class DatasetError extends Error {
  /** Name of the dataset; for a folder, the path as the caller gave it. */
  readonly dataset: string;

  constructor(dataset: string, problem: string, options?: ErrorOptions) {
    super(`${dataset}: ${problem}`, options);
    this.name = 'DatasetError';
    this.dataset = dataset;
  }
}
