import type { Trainer } from '../../training/trainer.js';

/**
 * The part of `Trainer` that a run needs. `TrainOptions.createTrainer` returns one: a `Trainer`, or a stand-in, as in tests. The
 * run owns it, and calls `dispose` at its end.
 */
export type TrainerLike = Pick<
  Trainer,
  | 'config'
  | 'seed'
  | 'position'
  | 'step'
  | 'reconstruct'
  | 'evaluate'
  | 'sampleImages'
  | 'snapshot'
  | 'restore'
  | 'loadWeights'
  | 'dispose'
> & { readonly model: Pick<Trainer['model'], 'parameterCount' | 'latentShapes'> };
