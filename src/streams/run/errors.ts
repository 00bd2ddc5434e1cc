const adviceFor = {
  'not finite':
    'Try a lower learning_rate, gradient_clipping (for example 200), or a larger regularization_constant',
  'exactly 0': 'The engine does not compute; try another one, for example --engine native',
} as const;

/** Too many steps in a row had a loss or gradient that was not finite, or exactly 0. The weights are those of the last good step. */
export class NonFiniteLossError extends Error {
  /** The first term that was not finite, or 0, in the last of those steps. */
  readonly term: string;

  constructor(term: string, steps: number, problem: keyof typeof adviceFor = 'not finite') {
    super(
      `train: ${steps} steps in a row had a loss or gradient that was ${problem} (${term} last). ${adviceFor[problem]}`,
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
