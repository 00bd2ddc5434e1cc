import { describe, expect, test } from '@jest/globals';
import { checkNvaeConfig } from '../../src/config/checkConfig.js';
import { configFromData } from '../../src/config/configFromData.js';
import type { NvaeConfig } from '../../src/config/types.js';
import { smallConfig } from '../support/smallConfig.js';

describe('a configuration that code has built', () => {
  test('should stay as it is', () => {
    expect(checkNvaeConfig('train', smallConfig())).toEqual(smallConfig());
    expect(configFromData(JSON.parse(JSON.stringify(smallConfig())), 'a.model')).toEqual(smallConfig());
  });

  const { model, training } = smallConfig();
  const crop = (value: unknown) => ({ ...training, augmentation: { ...training.augmentation, crop: value } });
  const wrong: [string, object][] = [
    ['training.batchSize: expected an integer >= 1, got 0', { training: { ...training, batchSize: 0 } }],
    ['model.latentSize: expected an integer >= 1, got "2"', { model: { ...model, latentSize: '2' } }],
    ['training.epochs: expected an integer >= 1, or -1, got 0', { training: { ...training, epochs: 0 } }],
    [
      'training.batchSise: unknown key; did you mean "batchSize"?',
      { training: { ...training, batchSise: 1 } },
    ],
    [
      'training.latentSize: unknown key here; it belongs to model',
      { training: { ...training, latentSize: 1 } },
    ],
    ['model.seed: unknown key here; it belongs to training', { model: { ...model, seed: 1 } }],
    ['training.augmentation.crop: expected an integer >= 0, got -1', { training: crop(-1) }],
    ['training.augmentation.crop: expected less than inputDimension 8, because', { training: crop(8) }],
    [
      'model.inputDimension: expected at least 3, because numberOfScales 2 and',
      { model: { ...model, inputDimension: 2 } },
    ],
    [
      'model.jointColours: expected false because samplingMethod is gaussian: only logistic_mixture has this option, got true; ' +
        'model.normalizedLikelihood: expected false because samplingMethod is gaussian: only logistic_mixture has this option, got true',
      {
        model: { ...model, samplingMethod: 'gaussian', jointColours: true, normalizedLikelihood: true },
      },
    ],
    [
      'model.jointColours: expected false because imageChannels is 1: it concerns red, green and blue, got true',
      { model: { ...model, imageChannels: 1, jointColours: true } },
    ],
    ['training: expected a section with keys, got null', { training: null }],
    [
      'model.nMix: expected an integer >= 1, got null; training.seed: expected an integer >= 0, got -1',
      { model: { ...model, nMix: null }, training: { ...training, seed: -1 } },
    ],
  ];
  test.each(wrong)('should be refused in its own words: %s', (message, changes) => {
    const check = () => checkNvaeConfig('train', { ...smallConfig(), ...changes } as NvaeConfig);
    expect(check).toThrow(RangeError);
    expect(check).toThrow(`train: ${message}`);
  });
});
