import type { Trainer } from '../../training/trainer.js';

/**
 * What a run needs of a trainer: a `Trainer`, or a stand-in for one that `TrainOptions.createTrainer` makes, as in tests.
 * The run owns it, and calls `dispose` at its end.
 */
export type TrainerLike = Pick<
  Trainer,
  | 'config'
  | 'seed'
  | 'position'
  | 'step'
  | 'reconstruct'
  | 'sampleImages'
  | 'snapshot'
  | 'restore'
  | 'dispose'
> & { readonly model: Pick<Trainer['model'], 'parameterCount' | 'latentShapes'> };
