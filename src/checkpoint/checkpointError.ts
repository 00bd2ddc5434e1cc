/** A checkpoint or model file cannot be read or written. The message says which file, what is wrong and what to do. */
export class CheckpointError extends Error {
  /** The file, as the caller named it. */
  readonly file: string;

  constructor(file: string, problem: string, options?: ErrorOptions) {
    super(`${file}: ${problem}`, options);
    this.name = 'CheckpointError';
    this.file = file;
  }
}
