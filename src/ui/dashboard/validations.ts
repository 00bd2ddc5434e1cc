/** The validations of a run as points of curves, with what training had at the same time. Plain data. */
import type { ValidationEvent } from '../../streams/run/events.js';

export interface ValidationPoint
  extends Pick<
    ValidationEvent,
    | 'step'
    | 'epoch'
    | 'imagesSeen'
    | 'negativeElbo'
    | 'reconstructionLoss'
    | 'kl'
    | 'bitsPerDimension'
    | 'bestModel'
  > {
  /** Mean negative ELBO of the training images of the same epoch, in nats per image; null: unknown. */
  readonly training: number | null;
}

/** Mean negative ELBO of the training images of an epoch. */
export interface TrainingMean {
  readonly epoch: number;
  readonly negativeElbo: number;
}

/** More are thinned: of the older half, every second one is kept. */
const most = 1024;

/** The validations with one more. */
export function withValidation(
  validations: readonly ValidationPoint[],
  event: ValidationEvent,
  mean: TrainingMean | null,
): readonly ValidationPoint[] {
  const { step, epoch, imagesSeen, negativeElbo, reconstructionLoss, kl, bitsPerDimension, bestModel } =
    event;
  const training = mean?.epoch === epoch ? mean.negativeElbo : null;
  const losses = { negativeElbo, reconstructionLoss, kl, bitsPerDimension };
  const longer = [...validations, { step, epoch, imagesSeen, ...losses, bestModel, training }];
  return longer.length > most ? longer.filter((_, i) => i >= most / 2 || i % 2 === 0) : longer;
}
