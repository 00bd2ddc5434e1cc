import { expect, test } from '@jest/globals';
import { evaluationTable } from '../../../src/cli/evaluation/evaluationTable.js';
import type { EvaluationResult } from '../../../src/streams/evaluation/evaluationEvents.js';

const measure = (mean: number, standardError: number | null = mean / 100) => ({ mean, standardError });

const result: EvaluationResult = {
  type: 'result',
  images: 1234,
  skipped: 2,
  total: 1236,
  stopped: false,
  samples: 10,
  seed: 0,
  dimensions: 3072,
  samplingMethod: 'logistic_mixture',
  binarized: 'none',
  normalizedLikelihood: false,
  bitsPerDimension: measure(3.4567),
  bitsPerDimensionImportanceWeighted: measure(3.4321),
  trainingBitsPerDimension: measure(3.1234),
  negativeElboMass: measure(7360.7),
  importanceWeightedMass: measure(7308.3),
  reconstructionLossMass: measure(7200.2),
  negativeElbo: measure(6650.9),
  importanceWeighted: measure(6600.1),
  reconstructionLoss: measure(6490.4),
  kl: measure(160.5),
  groups: [
    { level: 0, size: 8, channels: 8, kl: measure(20.25), units: 512, activeUnits: 480 },
    { level: 1, size: 16, channels: 8, kl: measure(140.25), units: 2048, activeUnits: 0 },
  ],
  effectiveSamplesMass: measure(2.5),
  effectiveSamples: measure(2.4),
  meanSquaredError: measure(0.00213),
  psnr: measure(26.7),
  ssim: measure(0.9123),
  seconds: 30,
  imagesPerSecond: 41.2,
};

test('should fit 80 columns, and show everything of many draws', () => {
  const table = evaluationTable(result);
  expect(table.split('\n').every((line) => line.length <= 80 && line === line.trimEnd())).toBe(true);
  expect(table).toBe(`\
                                        nats per image          bits/dim
negative ELBO                           7,360.7 ± 73.6   3.4567 ± 0.0346
  reconstruction loss                   7,200.2 ± 72.0
  KL                                       160.5 ± 1.6
bound from 10 draws                     7,308.3 ± 73.1   3.4321 ± 0.0343
  draws that count                     2.5 ± 0.0 of 10
negative ELBO, training's likelihood    6,650.9 ± 66.5   3.1234 ± 0.0312
bound from 10 draws, training's         6,600.1 ± 66.0

latent group   KL, nats per image   active units
0: 8x8x8           20.250 ± 0.203     480 of 512
1: 16x16x8            140.3 ± 1.4     0 of 2,048

reconstruction error
mean squared error, lower is better   2.1e-3 ± 2.1e-5
PSNR in dB, higher is better             26.70 ± 0.27
SSIM, higher is better, at most 1     0.9123 ± 0.0091

1,234 images, 2 skipped, 41.2 images/s; lower nats and bits/dim are better
± is the standard error of the mean over the images`);
});

test('should say how images were made binary, and the likelihood of binary values once', () => {
  const binary: EvaluationResult = { ...result, samplingMethod: 'bernoulli', binarized: 'dynamic', seed: 3 };
  const table = evaluationTable(binary);
  expect(table.split('\n').every((line) => line.length <= 80)).toBe(true);
  expect(table).toContain('bound from 10 draws');
  expect(table).not.toContain("training's");
  expect(table).toContain(
    "images were made binary (dynamic):\n  255 with probability value / 255, drawn by seed 3 and the image's name",
  );
  expect(evaluationTable({ ...binary, binarized: 'threshold' })).toContain(
    'images were made binary (threshold):\n  255 from 128 on',
  );
});

test('should show a likelihood of training that is the probability of the values only once', () => {
  const table = evaluationTable({ ...result, normalizedLikelihood: true });
  expect(table).toContain('bound from 10 draws');
  expect(table).not.toContain('training');
});

test('should say what a density is, how far a stopped one got, and no errors of one image', () => {
  const one = (mean: number) => measure(mean, null);
  const table = evaluationTable({
    ...result,
    samples: 1,
    images: 1,
    skipped: 0,
    stopped: true,
    samplingMethod: 'gaussian',
    trainingBitsPerDimension: null,
    negativeElboMass: one(7360.7),
    negativeElbo: one(-650.9),
    bitsPerDimension: one(3.4567),
    groups: [{ level: 0, size: 8, channels: 8, kl: one(20.25), units: 512, activeUnits: null }],
  });
  const lines = table.split('\n');
  expect(lines).toContain('negative ELBO                                 7,360.7     3.4567');
  expect(lines).toContain("negative ELBO, training's likelihood           -650.9");
  expect(lines).toContain('0: 8x8x8                   20.250              -');
  expect(lines).toContain('1 of 1,236 images, 41.2 images/s; lower nats and bits/dim are better');
  expect(table).toContain(
    "training's likelihood is a density (gaussian): it has no bits, and may be below 0",
  );
  expect(table).not.toContain('draws');
  expect(table).not.toContain('standard error');
});
