import { expect, test } from '@jest/globals';
import type { TrainingConfig } from '../../../src/config/types.js';
import { torchOmissions } from '../../../src/modelFiles/torch/torchOmissions.js';
import { smallConfig } from '../../support/smallConfig.js';
import { wholeCheckpoint } from '../../support/wholeCheckpoint.js';

test('should name only the seed and the order of the images for a plain run between two epochs', () => {
  expect(torchOmissions(wholeCheckpoint(smallConfig()))).toEqual([
    'the seed 7 is lost: random numbers and the order of the images will be others there',
  ]);
});

test('should name everything that the PyTorch implementation does not do', () => {
  const { augmentation, validation } = smallConfig().training;
  const training: Partial<TrainingConfig> = {
    epochs: -1,
    augmentation: { ...augmentation, horizontalFlip: true, crop: 2 },
    spectralRegularization: 'power_iteration',
    klBalancing: 'size',
    fit: 'contain',
    validation: { ...validation, fraction: 0.1 },
  };
  const dataPosition = { epoch: 4, imagesTaken: 30, dataset: 'a/100/-' };
  const omissions = torchOmissions(
    wholeCheckpoint(smallConfig({ normalizedLikelihood: true }, training), { dataPosition }),
  );
  expect(omissions.slice(1)).toEqual([
    'the place within epoch 5 is lost: it starts anew there, with 30 images that were already taken',
    'augmentation is not known there: images are trained on without it (horizontal_flip true, crop 2)',
    'fit contain with fit_position centre is not known there: it makes images square in its own way',
    'spectral_regularization power_iteration is not known there: squared singular values are estimated, and regularization_constant weighs those',
    'normalized_likelihood is not known there: training goes on with a likelihood whose probabilities do not add up to 1',
    'kl_balancing size is not known there: the KL is balanced by inverse_size',
    'validation is not known there: the held-out images are trained on, too',
    'epochs is -1, with which nothing is trained there: set training_parameters.epochs in small.yaml to go on; the learning rate stays 0.01',
  ]);
});

test('should name in one sentence the training parameters that are not known there', () => {
  const training = {
    accumulationSteps: 2,
    learningRateSchedule: 'linear' as const,
    learningRateWarmupSteps: 1000,
  };
  const checkpoint = wholeCheckpoint(smallConfig({}, training));
  const early = { ...checkpoint.state, position: { ...checkpoint.state.position, step: 999 } };
  expect(torchOmissions({ ...checkpoint, state: early }).slice(1)).toEqual([
    'not known there: accumulation_steps 2 (a step computes its whole batch at once), learning_rate_warmup_steps 1000 (after 999 steps, the learning rate is the full one at once), learning_rate_schedule linear (the learning rate falls along a cosine)',
  ]);
});

test('should not name a warm-up that is over, nor a learning rate that stays', () => {
  const training = { learningRateSchedule: 'constant' as const, learningRateWarmupSteps: 2 };
  const omissions = torchOmissions(wholeCheckpoint(smallConfig({}, training)));
  expect(omissions).toHaveLength(1);
});
