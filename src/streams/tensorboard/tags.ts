/** The tags of a run's numbers and pictures. */
import type { PreviewEvent, StepEvent, ValidationEvent } from '../run/events.js';

export function* stepScalars(step: StepEvent): Iterable<readonly [string, number]> {
  yield ['loss/iter', step.loss];
  yield ['rec_loss/iter', step.reconstructionLoss];
  yield ['kl_loss/iter', step.kl];
  yield ['reg_loss/iter', step.regularization];
  for (const [i, kl] of step.klPerGroup.entries()) yield [`kl_loss_${i}/iter`, kl];
  for (const [name, value] of Object.entries(step.terms ?? {})) yield [`${name}/iter`, value];
  yield ['kl_coefficient/iter', step.klCoefficient];
  yield ['learning_rate/iter', step.learningRate];
  yield ['gradient_norm/iter', step.gradientNorm];
}

export function* validationScalars(event: ValidationEvent): Iterable<readonly [string, number]> {
  yield ['validation/negative_elbo', event.negativeElbo];
  yield ['validation/bits_per_dimension', event.bitsPerDimension];
  yield ['validation/rec_loss', event.reconstructionLoss];
  yield ['validation/kl_loss', event.kl];
  for (const [i, kl] of event.klPerGroup.entries()) yield [`validation/kl_loss_${i}`, kl];
}

export const imageTags: Readonly<Record<PreviewEvent['kind'], string>> = {
  reconstruction: 'reconstructed image',
  samples: 'generated image',
};
