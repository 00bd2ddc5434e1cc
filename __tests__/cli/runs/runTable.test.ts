import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import stringWidth from 'string-width';
import { differenceTable, runTable } from '../../../src/cli/runs/runTable.js';
import type { RunSummary } from '../../../src/streams/runs/runSummary.js';
import { emptyTally, summaryOf } from '../../../src/streams/runs/runTally.js';

const nothing = summaryOf(emptyTally, 'demo', false, 0);
const run: RunSummary = {
  ...nothing,
  status: 'finished',
  steps: 1234,
  epochs: 20,
  epochsPlanned: 20,
  secondsTrained: 3725,
  sessions: 2,
  imagesPerSecond: 41.25,
  loss: 4912,
  validation: { epoch: 19, bitsPerDimension: 3.294 },
  best: { epoch: 12, bitsPerDimension: 3.185 },
  lastActivity: 0,
};

describe('runTable', () => {
  test('should have a line per run, with numbers to the right, and no escape sequences', () => {
    const { lines, omitted } = runTable([run, { ...nothing, name: 'imported' }], 120, 120_000);
    expect(lines).toEqual([
      'run       status      epochs  steps  bits/dim  at epoch   last   loss  images/s  trained     active',
      'demo      finished     20/20  1,234     3.185        13  3.294  4,912      41.3  1:02:05  2 min ago',
      'imported  no journal       -      -         -         -      -      -         -        -          -',
    ]);
    expect(omitted).toEqual([]);
  });

  test('should leave out the less important columns at 80, and those without anything', () => {
    const { lines, omitted } = runTable([run], 80, 120_000);
    expect(lines[0]).toBe('run   status    epochs  steps  bits/dim  at epoch   last  images/s  trained');
    expect(omitted).toEqual(['loss', 'active']);
    const unvalidated = { ...run, validation: null, best: null };
    expect(runTable([unvalidated], 80, 120_000).lines[0]).toBe(
      'run   status    epochs  steps   loss  images/s  trained     active',
    );
  });

  test('should fit any width, whatever the names and numbers', () => {
    const number = fc.double({ min: 0, max: 1e12, noNaN: true });
    const runs = fc.array(
      fc.record({
        name: fc.string({ unit: 'grapheme' }),
        steps: fc.nat(),
        secondsTrained: number,
        loss: number,
      }),
      { minLength: 1 },
    );
    fc.assert(
      fc.property(runs, fc.integer({ min: 1, max: 200 }), (some, width) => {
        const { lines, omitted } = runTable(
          some.map((each) => ({ ...run, ...each })),
          width,
          0,
        );
        expect(lines).toHaveLength(some.length + 1);
        for (const line of lines) expect(stringWidth(line)).toBeLessThanOrEqual(width);
        expect(omitted).not.toContain('run');
      }),
    );
  });
});

describe('differenceTable', () => {
  const differences = [
    { key: 'latent_size', values: [2, 3, 2] },
    { key: 'training_parameters.batch_size', values: [4, undefined, 8] },
  ];

  test('should have a column for each run', () => {
    expect(differenceTable(['a', 'b', 'c'], differences, 80)).toEqual([
      '                                a  b  c',
      'latent_size                     2  3  2',
      'training_parameters.batch_size  4  -  8',
    ]);
  });

  test('should go on below with the runs that do not fit', () => {
    const lines = differenceTable(['first', 'second', 'third'], differences, 46);
    expect(lines).toEqual([
      '                                first  second',
      'latent_size                     2      3',
      'training_parameters.batch_size  4      -',
      '',
      '                                third',
      'latent_size                     2',
      'training_parameters.batch_size  8',
    ]);
  });
});
