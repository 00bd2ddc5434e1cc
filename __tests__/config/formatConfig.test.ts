import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { formatConfig } from '../../src/config/formatConfig.js';
import { listConfigs, loadConfig } from '../../src/config/loadConfig.js';
import { parseConfig } from '../../src/config/parseConfig.js';
import type { NvaeConfig } from '../../src/config/types.js';
import { smallConfig, smallModel } from '../support/smallConfig.js';

const again = (config: NvaeConfig) => parseConfig(formatConfig(config), { file: `${config.name}.yaml` });

test('should give the text of each known configuration', async () => {
  const known = await listConfigs();
  expect(known.length).toBeGreaterThan(5);
  for (const { path } of known) {
    const config = await loadConfig(path);
    expect(again(config)).toEqual(config);
  }
});

const above = (least: number) => fc.double({ min: least, noNaN: true, noDefaultInfinity: true });
const positive = above(Number.MIN_VALUE);
const fraction = fc.double({ min: 0, max: 1, noNaN: true });
const count = fc.integer({ min: 1 });

const configs: fc.Arbitrary<NvaeConfig> = fc
  .record({
    name: fc.stringMatching(/^[a-z日 é'"#:]{0,5}[a-z]$/),
    model: fc.record({
      nMix: count,
      exponentialScaling: positive,
      fixedFlows: fc.boolean(),
      samplingMethod: fc.constantFrom('gaussian' as const, 'logistic_mixture' as const),
    }),
    training: fc.record({
      learningRate: positive,
      learningRateMin: above(0),
      learningRateSchedule: fc.constantFrom('cosine' as const, 'linear' as const, 'constant' as const),
      learningRateWarmupSteps: fc.nat(),
      accumulationSteps: fc.constantFrom(1, 2),
      warmupEpochs: above(0),
      epochs: fc.oneof(fc.constant(-1), count),
      gradientClipping: fc.option(positive),
      imagesPerCheckpoint: fc.option(count),
      seed: fc.maxSafeNat(),
      fit: fc.constantFrom('cover' as const, 'contain' as const),
      fitPosition: fc.constantFrom('centre' as const, 'top_left' as const),
      background: fc.nat(0xffffff).map((colour) => `#${colour.toString(16).padStart(6, '0')}`),
      augmentation: fc.record({
        horizontalFlip: fc.boolean(),
        crop: fc.nat(7),
        randomCrop: fc.option(fc.double({ min: 1.01, max: 8, noNaN: true })),
        brightness: fraction,
        contrast: fraction,
        saturation: fraction,
        binarize: fc.constantFrom('none' as const, 'dynamic' as const, 'threshold' as const),
      }),
      validation: fc.record({
        fraction: fc.double({ min: 0, max: 0.5, noNaN: true }),
        folder: fc.constant(null),
        epochs: count,
        images: fc.option(count),
      }),
    }),
  })
  .map(({ name, model, training }) => ({ ...smallConfig(model, training), name, model: smallModel(model) }));

test('should give a text that is read as the same configuration', () => {
  fc.assert(
    fc.property(configs, (config) => {
      expect(again(config)).toEqual(config);
    }),
  );
});

test('should write numbers as YAML 1.1 has them, which Python reads: an exponent needs a point and a sign', () => {
  fc.assert(
    fc.property(fc.double({ min: 1e-300, max: 1e300, noNaN: true }), (learningRate) => {
      const text = formatConfig(smallConfig({}, { learningRate }));
      const [, number = ''] = /learning_rate: (.*)/.exec(text) ?? [];
      expect(number).toMatch(/^(\d+|\d+\.\d*(e[+-]\d+)?)$/);
    }),
  );
});
