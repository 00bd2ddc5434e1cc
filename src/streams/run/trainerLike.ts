import type { Trainer } from '../../training/trainer.js';

/** What a run asks of a trainer; tests give another one. */
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
