import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { ModelConfig } from '../../src/config/types.js';
import { latentShapes, parameterCount, planModel } from '../../src/model/plan.js';
import { smallModel } from '../support/smallConfig.js';

const configs = fc
  .record({
    channelTowers: fc.constantFrom(2, 4, 6),
    numberOfScales: fc.integer({ min: 1, max: 4 }),
    initialSplitsPerScale: fc.integer({ min: 1, max: 6 }),
    numBlocksPrepost: fc.integer({ min: 0, max: 2 }),
    exponentialScaling: fc.constantFrom(1, 2, 3),
    minSplits: fc.integer({ min: 1, max: 3 }),
    numFlows: fc.integer({ min: 0, max: 1 }),
  })
  .map((changes) => smallModel({ ...changes, inputDimension: 64 }));

describe('plan', () => {
  test('images halve and channels double from scale to scale', () => {
    fc.assert(
      fc.property(configs, (config) => {
        const { groups } = planModel(config);
        for (const [level, group] of groups.entries()) {
          const next = groups[level + 1];
          if (!next) continue;
          const steps = group.scale - next.scale;
          expect([0, 1]).toContain(steps);
          expect(next.size).toBe(group.size * 2 ** steps);
          expect(next.channels).toBe(group.channels / 2 ** steps);
        }
        expect(groups.at(-1)?.scale).toBe(0);
        expect(groups.at(-1)?.size).toBe(config.inputDimension / 2 ** config.numBlocksPrepost);
      }),
      { numRuns: 50 },
    );
  });

  test('there is one encoder block and one latent per group, and every parameter has its own name', () => {
    fc.assert(
      fc.property(configs, (config) => {
        const plan = planModel(config);
        const count = plan.groupsPerScale.reduce((sum, groups) => sum + groups, 0);
        expect(plan.encoderBlocks).toHaveLength(count);
        expect(latentShapes(plan)).toHaveLength(count);
        expect(new Set(plan.parameters.map(({ name }) => name)).size).toBe(plan.parameters.length);
        expect(Math.min(...plan.groups.map((group) => group.klMultiplier))).toBe(1);
      }),
      { numRuns: 50 },
    );
  });

  test('the number of groups shrinks down to the least allowed', () => {
    const large = smallModel({
      numberOfScales: 3,
      initialSplitsPerScale: 10,
      exponentialScaling: 2,
      minSplits: 5,
      inputDimension: 64,
    });
    expect(planModel(large).groupsPerScale).toEqual([10, 5, 5]);
  });

  test('counts parameters without allocating them', () => {
    const plan = planModel(smallModel({ channelTowers: 128, numberOfScales: 4, inputDimension: 256 }));
    expect(parameterCount(plan)).toBeGreaterThan(10e6);
  });

  test('decoder_expansion changes the hidden channels of the decoder tower, and nothing else', () => {
    const shapes = (decoderExpansion: number) =>
      new Map(planModel(smallModel({ decoderExpansion })).parameters.map(({ name, shape }) => [name, shape]));
    const [two, six] = [shapes(2), shapes(6)];
    expect([...two.keys()]).toEqual([...six.keys()]);
    // The upsampling cell has 8 channels in and 4 out, the one after it 4.
    const weights = (cell: string, index: number) =>
      `decoder_tower.blocks.0.model.${cell}.model.${index}.weight`;
    expect(two.get(weights('cell_decoder_upsample', 2))).toEqual([1, 1, 8, 16]);
    expect(two.get(weights('cell_decoder_upsample', 5))).toEqual([5, 5, 16, 1]);
    expect(two.get(weights('cell_decoder_upsample', 8))).toEqual([1, 1, 16, 4]);
    expect(six.get(weights('cell_decoder_upsample', 2))).toEqual([1, 1, 8, 48]);
    expect(two.get(weights('cell_decoder1', 2))).toEqual([1, 1, 4, 8]);
    expect(six.get(weights('cell_decoder1', 2))).toEqual([1, 1, 4, 24]);
    const changed = [...two.keys()].filter((name) => two.get(name)?.join() !== six.get(name)?.join());
    expect(changed.every((name) => name.startsWith('decoder_tower.'))).toBe(true);
    // Per hidden channel: a 1x1 weight in, a 5x5 filter, a 1x1 weight out, and two batch normalisations.
    const perChannel = (inputs: number, outputs: number) => inputs + 25 + outputs + 4;
    const difference = 4 * (8 * perChannel(8, 4) + 4 * perChannel(4, 4));
    const count = (decoderExpansion: number) => parameterCount(planModel(smallModel({ decoderExpansion })));
    expect(count(6) - count(2)).toBe(difference);
  });

  const impossible: [string, Partial<ModelConfig>][] = [
    ['channelMultiplier: expected 2', { channelMultiplier: 3 }],
    ['channelTowers: expected an even integer >= 2, got 3', { channelTowers: 3 }],
    ['latentSize: expected an integer >= 1, got 0', { latentSize: 0 }],
    ['minSplits: expected an integer >= 1, got 0.5', { minSplits: 0.5 }],
    ['latentSize: expected an integer >= 1, got nothing (this key is required)', { latentSize: undefined }],
    [
      'samplingMethod: expected one of gaussian, gaussian_mixture, logistic_mixture, bernoulli, got "x"',
      { samplingMethod: 'x' as 'gaussian' },
    ],
    [
      'latentSize: expected an integer >= 1, got NaN; numFlows: expected an integer >= 0, got -1',
      { latentSize: Number.NaN, numFlows: -1 },
    ],
    ['latentSise: unknown key; did you mean "latentSize"?', { latentSise: 3 } as object],
    [
      'inputDimension: expected at least 3, because numberOfScales 2 and numBlocksPrepost 1',
      { inputDimension: 2 },
    ],
    ['exponentialScaling: expected a number > 0', { exponentialScaling: 0 }],
    ['decoderExpansion: expected an integer >= 1, got 0', { decoderExpansion: 0 }],
    ['inputDimension: expected an integer from 1 to 4096, got 1048576', { inputDimension: 2 ** 20 }],
    ['number of cells: expected at most 4000, got 1', { initialSplitsPerScale: 1e9 }],
    ['number of cells: expected at most 4000, got Infinity', { exponentialScaling: 1e-309 }],
    ['number of cells: expected at most 4000, got 20', { numCellsPerBlockPrepost: 1e9 }],
    ['number of parameters: expected at most 4000000000, got ', { channelTowers: 1e9 }],
    ['number of parameters: expected at most 4000000000, got ', { latentSize: 1e9 }],
  ];
  test.each(impossible)('refuses what cannot be built: %s', (message, changes) => {
    expect(() => planModel(smallModel(changes))).toThrow(message);
    expect(() => planModel(smallModel(changes))).toThrow(RangeError);
  });
});
