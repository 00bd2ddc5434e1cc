/** A dataset that cannot be trained on. */
export class DatasetError extends Error {
  /** Its name; of a folder, the path as the caller gave it. */
  readonly dataset: string;

  constructor(dataset: string, problem: string, options?: ErrorOptions) {
    super(`${dataset}: ${problem}`, options);
    this.name = 'DatasetError';
    this.dataset = dataset;
  }
}
