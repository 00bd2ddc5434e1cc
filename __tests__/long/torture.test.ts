import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { torture } from '../../scripts/torture/torture.js';
import { noMpi } from '../support/ranks/mpirun.js';
import { nvaeCommand } from '../support/runCli.js';

test('a run that is killed at random moments should end with the weights of one that never was', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'nvae-torture-'));
  try {
    const options = { nvae: nvaeCommand, folder, kills: 3, seed: 3, epochs: 5, log: () => undefined };
    const result = await torture(options);
    expect(result.problems).toEqual([]);
    expect(Object.values(result.kills).reduce((sum, count) => sum + count, 0)).toBeGreaterThanOrEqual(3);
  } finally {
    await rm(folder, { recursive: true });
  }
}, 600_000);

(noMpi ? test.skip : test)(
  `a run on two ranks, one of which is killed, should end so, too${noMpi && `: SKIPPED, ${noMpi}`}`,
  async () => {
    const folder = await mkdtemp(join(tmpdir(), 'nvae-torture-'));
    try {
      const options = {
        nvae: nvaeCommand,
        folder,
        ranks: 2,
        kills: 2,
        seed: 5,
        epochs: 5,
        log: () => undefined,
      };
      const { problems, kills } = await torture(options);
      expect(problems).toEqual([]);
      expect(kills.rank).toBeGreaterThanOrEqual(2);
    } finally {
      await rm(folder, { recursive: true });
    }
  },
  600_000,
);
