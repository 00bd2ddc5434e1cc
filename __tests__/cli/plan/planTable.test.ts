import { expect, test } from '@jest/globals';
import { planTable } from '../../../src/cli/plan/planTable.js';
import type { TrainingPlan } from '../../../src/streams/plan/planTraining.js';
import { smallConfig } from '../../support/smallConfig.js';

const config = smallConfig({}, { batchSize: 32 });
const plan: TrainingPlan = {
  configuration: 'small',
  engine: 'native',
  engineDescription: 'C++ kernels, 2 threads',
  parameters: 512_326,
  batchSize: 32,
  images: { training: 3606, validation: 128 },
  stepsPerEpoch: 113,
  epochs: 40,
  memory: { peak: 661e6, steps: 431e6, besideSteps: 218e6, images: 12e6, perImage: 9e6 },
  machine: { total: 24e9, free: 22e9 },
  fits: true,
  seconds: { perStep: 0.1234, perEpoch: 15, run: 600 },
  suggestions: [],
  measured: [],
};

test('should show memory and time', () => {
  expect(planTable(config, plan)).toBe(
    [
      'small on native (C++ kernels, 2 threads): 0.51 M parameters, 3,606 images in batches of 32, validation on 128 others',
      'memory    661 MB at the peak; 22.0 GB free',
      '          431 MB for steps and previews (9 MB per image of a batch of 32)',
      '          218 MB for checkpoints and loading, 12 MB decoded images',
      'step      0.12 s, 259 images/s',
      'epoch     15 s, 113 steps',
      'run       10 min, 40 epochs',
    ].join('\n'),
  );
});

test('should show settings that fit', () => {
  const settings = { halfPrecision: false, useTensorCheckpoints: false, peakBytes: 8e8 };
  const suggestions = [
    { ...settings, batchSize: 4 },
    { ...settings, batchSize: 32, useTensorCheckpoints: true },
  ];
  const text = planTable(config, { ...plan, fits: false, machine: { total: 1e9, free: 9e8 }, suggestions });
  expect(text).toContain('661 MB at the peak; does not fit: only 900 MB free');
  expect(text).toContain(
    [
      'fits      --set training_parameters.batch_size=4: 800 MB',
      '          --set training_parameters.use_tensor_checkpoints=true: 800 MB',
    ].join('\n'),
  );
});

test('should say what is not known', () => {
  const unknown = {
    ...plan,
    images: null,
    stepsPerEpoch: null,
    seconds: { perStep: 32, perEpoch: null, run: null },
  };
  expect(planTable(config, unknown)).toMatch(
    /step {6}32\.0 s, 1\.00 images\/s\nepoch {5}17 min per 1,000 images \(--dataset or --images tells how many there are\)$/,
  );
  const endless = { ...plan, epochs: -1, seconds: { perStep: 1, perEpoch: 113, run: null } };
  expect(planTable(config, endless)).toMatch(/run {7}no end: epochs is -1$/);
  const huge = { ...plan, fits: false, seconds: null };
  expect(planTable(config, huge)).toMatch(
    /fits {6}nothing: not even one image at a time; choose a smaller model\ntime {6}not measured, because it does not fit$/,
  );
});
