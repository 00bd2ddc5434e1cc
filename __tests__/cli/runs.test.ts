import { mkdir, writeFile } from 'node:fs/promises';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { runsCommand } from '../../src/cli/commands/runs.js';
import { type Journaled, toLine } from '../../src/streams/journal/entry.js';
import { smallConfig } from '../support/checkpoints.js';
import { startedEvent, stepEvent, validationEvent } from '../support/events.js';
import { runCommand } from '../support/runCommand.js';
import { useTemporaryFolder } from '../support/temporaryFolder.js';

const inFolder = useTemporaryFolder();
const runs = (...args: string[]) => runCommand(runsCommand(), [...args, '--folder', inFolder()]);

async function journal(name: string, training: readonly string[], time: number) {
  const events: Journaled[] = [
    startedEvent({ name, config: smallConfig(training, name) }),
    stepEvent(1),
    validationEvent(0, { bitsPerDimension: 3.4 }),
  ];
  await mkdir(inFolder('runs', name), { recursive: true });
  const lines = events.map((event, i) => toLine(event, time + 1000 * i));
  await writeFile(inFolder('runs', name, 'events.jsonl'), `not JSON\n${lines.join('')}`);
}

beforeEach(async () => {
  await journal('a', [], 0);
  await journal('b', ['batch_size=8'], 1e6);
});

describe('nvae runs', () => {
  test('should list all runs, the last active first, with what differs in their configurations', async () => {
    const { stdout, stderr, exitCode } = await runs();
    expect(stdout).toMatch(
      /^run +status .*\nb +crashed .* 3\.400 .*\na +crashed .*\n\n +b +a\n.*batch_size +8 +4\n$/,
    );
    expect(stdout).not.toContain('\u001b');
    expect(stderr).toMatch(/^not shown, for lack of width: .*active; --json prints everything\n$/);
    expect(exitCode).toBeUndefined();
  });

  test('should compare the named runs in their order, each once, and say where nothing differs', async () => {
    expect((await runs('a', 'b', 'a')).stdout).toMatch(/\na .*\nb .*\n\n +a +b\n/);
    await journal('c', [], 0);
    expect((await runs('a', 'c')).stdout).toMatch(/\n\nthe configurations do not differ\n$/);
    expect((await runs('a')).stdout.trim().split('\n')).toHaveLength(2);
  });

  test('should print one object with --json', async () => {
    const { stdout, stderr } = await runs('a', 'b', '--json');
    const { runs: found, differences } = JSON.parse(stdout);
    expect(found).toMatchObject([
      { name: 'a', status: 'crashed', steps: 1, best: { epoch: 0, bitsPerDimension: 3.4 } },
      { name: 'b', config: { training: { batchSize: 8 } } },
    ]);
    expect(differences).toEqual([{ key: 'training_parameters.batch_size', values: { a: 4, b: 8 } }]);
    expect(stderr).toBe('');
  });

  test('should name the nearest run for a name that there is not', async () => {
    await journal('demo', [], 0);
    await expect(runs('a', 'dem')).rejects.toThrow(
      /^dem: no run has this name; runs in .*runs: a, b, demo \(did you mean demo\?\)$/,
    );
  });

  test('should say where there are no runs', async () => {
    const none = await runCommand(runsCommand(), ['--folder', inFolder('none')]);
    expect(none).toMatchObject({
      stdout: '',
      stderr: expect.stringMatching(/^there are no runs in .*none.runs; nvae train/),
    });
    const { stdout } = await runCommand(runsCommand(), ['--json', '--folder', inFolder('none')]);
    expect(JSON.parse(stdout)).toEqual({ runs: [], differences: [] });
  });
});
