import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { configDifferences } from '../../src/config/configDifferences.js';
import type { NvaeConfig } from '../../src/config/types.js';
import { smallConfig } from '../support/checkpoints.js';

describe('configDifferences', () => {
  test('should name keys as in a file, with the value of each configuration', () => {
    const configs = [
      smallConfig(),
      smallConfig(['batch_size=8', 'augmentation.crop=1']),
      { ...smallConfig(), model: { ...smallConfig().model, latentSize: 3 } },
    ];
    expect(configDifferences(configs)).toEqual([
      { key: 'latent_size', values: [2, 2, 3] },
      { key: 'training_parameters.batch_size', values: [4, 8, 4] },
      { key: 'training_parameters.augmentation.crop', values: [0, 1, 0] },
    ]);
  });

  test('should have none for equal configurations, whatever their names and number', () => {
    const names = fc.array(fc.stringMatching(/^[a-z]{1,8}$/), { maxLength: 5 });
    fc.assert(
      fc.property(names, (given) =>
        expect(configDifferences(given.map((name) => smallConfig([], name)))).toEqual([]),
      ),
    );
  });

  test('should count a key of a later version with its default', () => {
    const { nonFiniteLimit: _, ...training } = smallConfig().training;
    const old = { ...smallConfig(), training } as NvaeConfig;
    expect(configDifferences([old, smallConfig()])).toEqual([]);
    expect(configDifferences([old, smallConfig(['non_finite_limit=3'])])).toEqual([
      { key: 'training_parameters.non_finite_limit', values: [20, 3] },
    ]);
  });

  test('should compare a configuration that this version does not accept as it is', () => {
    const odd = { ...smallConfig(), model: { ...smallConfig().model, colourSpace: 'lab' } };
    expect(configDifferences([odd, smallConfig()])).toEqual([
      { key: 'colour_space', values: ['lab', undefined] },
    ]);
  });
});
