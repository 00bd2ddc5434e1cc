/** A folder of images that cannot be trained on. */
export class DatasetError extends Error {
  /** The folder, as the caller named it. */
  readonly folder: string;

  constructor(folder: string, problem: string, options?: ErrorOptions) {
    super(`${folder}: ${problem}`, options);
    this.name = 'DatasetError';
    this.folder = folder;
  }
}
