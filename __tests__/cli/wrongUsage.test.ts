import { existsSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { CommanderError } from 'commander';
import { exploreCommand } from '../../src/cli/commands/explore.js';
import { trainCommand } from '../../src/cli/commands/train.js';
import { nvaeCommand, runCli } from '../support/runCli.js';
import { runCommand } from '../support/runCommand.js';

describe('wrong usage', () => {
  test.each(['epochs', '=1', 'training_parameters..epochs=1', ''])('should be --set %j', async (override) => {
    const run = runCommand(trainCommand(), ['demo', '--set', override]);
    await expect(run).rejects.toBeInstanceOf(CommanderError);
    await expect(run).rejects.toThrow('Expected key=value with a dotted key');
  });

  test('should be --init-partial without --init-from', async () => {
    const run = runCommand(trainCommand(), ['demo', '--init-partial']);
    await expect(run).rejects.toBeInstanceOf(CommanderError);
    await expect(run).rejects.toThrow("option '--init-partial' needs --init-from");
  });

  test('should be --spatial without --group, before a model is read', async () => {
    const run = runCommand(exploreCommand(), ['nowhere.model', '0.7', '--spatial']);
    await expect(run).rejects.toBeInstanceOf(CommanderError);
  });
});

(existsSync('/dev/full') ? describe : describe.skip)('standard output on a full disk', () => {
  test('should cost one message and exit code 1', async () => {
    const command = ['sh', '-c', 'exec "$@" > /dev/full', 'sh', ...nvaeCommand];
    const { code, stderr } = await runCli(['configs'], { command });
    expect([code, stderr]).toEqual([1, 'nvae: standard output: ENOSPC: no space left on device, write\n']);
  });
});
