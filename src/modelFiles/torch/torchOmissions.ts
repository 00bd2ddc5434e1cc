import { snakeCase } from '../../base/camelCase.js';
import type { Checkpoint } from '../../checkpoint/checkpointContent.js';
import type { TrainingConfig } from '../../config/types.js';
import { finishedEpochs } from '../finishedEpochs.js';
import { isEndless } from './torchSchedule.js';

/**
 * What the PyTorch implementation does not do as this run would, because its checkpoints and its code have no place for it: one sentence
 * each.
 * @param checkpoint a checkpoint that is to be exported
 * @example
 * for (const omission of torchOmissions(checkpoint)) console.warn(omission);
 */
export function torchOmissions(checkpoint: Checkpoint): string[] {
  const { config, state } = checkpoint;
  const { name, training } = config;
  const { epoch, imagesTaken } = finishedEpochs(checkpoint);
  const omissions = [
    `the seed ${state.seed} is lost: random numbers and the order of the images will be others there`,
  ];
  if (imagesTaken > 0) {
    omissions.push(
      `the place within epoch ${epoch + 1} is lost: it starts anew there, with ${imagesTaken} images that were already taken`,
    );
  }
  if (state.emaUpdates !== undefined) {
    omissions.push(
      'the moving average of the weights (ema) is lost: such a checkpoint has a place for the raw weights only; export the average as a model with --weights ema',
    );
  }
  const changes = Object.entries(training.augmentation).filter(
    ([, value]) => value !== false && value !== 0 && value !== 'none' && value !== null,
  );
  if (changes.length > 0) {
    const keys = changes.map(([key, value]) => `${snakeCase(key)} ${value}`).join(', ');
    omissions.push(`augmentation is not known there: images are trained on without it (${keys})`);
  }
  if (training.fit !== 'cover' || training.fitPosition !== 'centre') {
    omissions.push(
      `fit ${training.fit} with fit_position ${training.fitPosition} is not known there: it makes images square in its own way`,
    );
  }
  if (training.spectralRegularization !== 'estimate') {
    omissions.push(
      `spectral_regularization ${training.spectralRegularization} is not known there: squared singular values are estimated, and regularization_constant weighs those`,
    );
  }
  if (config.model.normalizedLikelihood) {
    omissions.push(
      'normalized_likelihood is not known there: training goes on with a likelihood whose probabilities do not add up to 1',
    );
  }
  if (training.klBalancing !== 'inverse_size') {
    omissions.push(
      `kl_balancing ${training.klBalancing} is not known there: the KL is balanced by inverse_size`,
    );
  }
  const unknown = unknownParameters(training, state.position.step);
  if (unknown.length > 0) omissions.push(`not known there: ${unknown.join(', ')}`);
  if (training.validation.fraction > 0) {
    omissions.push('validation is not known there: the held-out images are trained on, too');
  }
  if (training.epochs === -1) {
    omissions.push(
      `epochs is -1, with which nothing is trained there: set training_parameters.epochs in ${name}.yaml to go on; the learning rate stays ${training.learningRate}`,
    );
  }
  return omissions;
}

/** Parameters that only this implementation has, and what happens there in their place. */
function unknownParameters(training: TrainingConfig, step: number): string[] {
  const { accumulationSteps, learningRateWarmupSteps, learningRateSchedule } = training;
  const unknown: string[] = [];
  if (accumulationSteps > 1) {
    unknown.push(`accumulation_steps ${accumulationSteps} (a step computes its whole batch at once)`);
  }
  if (step < learningRateWarmupSteps) {
    const key = `learning_rate_warmup_steps ${learningRateWarmupSteps}`;
    unknown.push(`${key} (after ${step} steps, the learning rate is the full one at once)`);
  }
  if (learningRateSchedule !== 'cosine' && !isEndless(training)) {
    unknown.push(`learning_rate_schedule ${learningRateSchedule} (the learning rate falls along a cosine)`);
  }
  return unknown;
}
