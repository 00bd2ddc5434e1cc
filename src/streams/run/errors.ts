const adviceFor = {
  'not finite':
    'lower learning_rate, set gradient_clipping (for example 200), or raise regularization_constant',
  'exactly 0': 'the engine does not compute; try another one, for example --engine native',
} as const;

/**
 * Too many steps in a row had a loss or gradient that was not finite, or exactly 0. None of them changed the weights or was
 * saved: the last checkpoint is from before.
 */
export class NonFiniteLossError extends Error {
  /** The first term that was not finite, or 0, in the last of those steps: for example `balancedKl`. */
  readonly term: string;

  constructor(term: string, steps: number, problem: keyof typeof adviceFor = 'not finite') {
    super(
      `train: ${steps} steps in a row had a loss or gradient that was ${problem} (last: ${term}); ${adviceFor[problem]}`,
    );
    this.name = 'NonFiniteLossError';
    this.term = term;
  }
}

/**
 * The process of a run crashed, or its engine failed, too often without reaching a new checkpoint, or crashed while it was stopping. The last
 * checkpoint, if there is one, is intact.
 */
export class RunCrashedError extends Error {
  /** @param options the engine's error as `cause`, if the engine failed */
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'RunCrashedError';
  }
}
