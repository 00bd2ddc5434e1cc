import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { writePictures } from '../support/pictures.js';
import { nvae, openShell } from '../support/shell.js';
import { smallYaml } from '../support/smallYaml.js';
import { hasTmux, type Tmux } from '../support/tmux.js';

const config = smallYaml('epochs: -1, epochs_per_checkpoint: 1000');

jest.setTimeout(180_000); // each waits for up to a dozen frames, which take seconds on a busy machine

let [folder, terminal]: [string, Tmux | null] = ['', null];
async function open(columns = 100, rows = 30): Promise<Tmux> {
  terminal = await openShell(folder, columns, rows);
  return terminal;
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nvae-tmux-'));
  await writeFile(join(folder, 'small.yaml'), config);
  await writePictures(join(folder, 'dataset'), 10);
});
afterEach(async () => {
  terminal?.end();
  terminal = null;
  await rm(folder, { recursive: true, force: true });
});

// `.ci/run` installs tmux; where it is missing these tests say that they did not run.
(hasTmux ? describe : describe.skip)('nvae train on a terminal', () => {
  test('should be watched, resized and stopped by keys, and leave the terminal as it was', async () => {
    const shell = await open();
    shell.type(`${nvae} train small.yaml; echo ended with $?`);
    await shell.shows(/step \d+ .*images\/s/);
    expect(shell.state).toEqual({ alternate: true, cursor: false });
    shell.press('?');
    await shell.shows('keys (press any key to close)');
    shell.press('x');
    await shell.shows('1 loss');
    for (const [columns, rows] of [
      [60, 20],
      [200, 60],
      [80, 24],
    ] as const) {
      shell.resize(columns, rows);
      await shell.shows(new RegExp(`^╭.{${columns - 2}}╮$`, 'm'));
    }
    shell.press('c');
    await shell.shows(/checkpoint +(just now|\d+ s ago)/);
    shell.press('p');
    await shell.shows('PAUSED');
    shell.press('p');
    shell.press('q');
    await shell.shows('[s] save and quit');
    shell.press('s');
    await shell.shows('ended with 0');
    expect(shell.state).toEqual({ alternate: false, cursor: true });
    expect(shell.screen()).toMatch(/stopped after \d+ steps; the same command resumes from/);
    expect(await readdir(join(folder, 'saved_weights'))).toContain('small.checkpoint');
  });
});
