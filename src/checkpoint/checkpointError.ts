/** A checkpoint or model file that cannot be read or written. The message names the file, what is wrong, what to do. */
export class CheckpointError extends Error {
  /** The file, as the caller named it. */
  readonly file: string;

  constructor(file: string, problem: string, options?: ErrorOptions) {
    super(`${file}: ${problem}`, options);
    this.name = 'CheckpointError';
    this.file = file;
  }
}
