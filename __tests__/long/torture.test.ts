import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { torture } from '../../scripts/torture/torture.js';
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
