/** Too many steps in a row had a loss or gradient that was not finite. The weights are those of the last good step. */
export class NonFiniteLossError extends Error {
  /** The first term that was not finite in the last of those steps. */
  readonly term: string;

  constructor(term: string, steps: number) {
    const advice =
      'Try a lower learning_rate, gradient_clipping (for example 200), or a larger regularization_constant';
    super(
      `train: ${steps} steps in a row had a loss or gradient that was not finite (${term} last). ${advice}`,
    );
    this.name = 'NonFiniteLossError';
    this.term = term;
  }
}

/**
 * The process of a run has ended too often without reaching a new checkpoint, or while it was stopping. What it last saved
 * is whole.
 */
export class RunCrashedError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'RunCrashedError';
  }
}
