import { readFileSync } from 'node:fs';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { writePictures } from '../support/pictures.js';
import { nvaeCommand } from '../support/runCli.js';
import { hasTmux, startTmux, type Tmux } from '../support/tmux.js';

const config = `
channel_towers: 4
number_of_scales: 1
initial_splits_per_scale: 1
latent_size: 2
input_dimension: 8
num_flows: 0
num_cells_per_block_prepost: 1
cells_per_split_enc: 1
training_parameters:
  batch_size: 4
  epochs: -1
  warmup_epochs: 1
  epochs_per_checkpoint: 1000
`;

let [folder, terminal]: [string, Tmux | null] = ['', null];
const nvae = nvaeCommand.map((part) => `'${part}'`).join(' ');
// From sources, outside of the project's folder, JSX is compiled as its settings say only when they are named.
const settings = fileURLToPath(new URL('../../tsconfig.json', import.meta.url));
const environment = { COLORTERM: 'truecolor', TERM: 'screen-256color', TSX_TSCONFIG_PATH: settings };

function open(columns = 100, rows = 30): Tmux {
  terminal = startTmux(folder, columns, rows, environment);
  // What a CI sets would make the command tell plain lines.
  terminal.type("unset CI NO_COLOR; PS1='ready> '; clear");
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

const journal = () =>
  readFileSync(join(folder, 'runs/small/events.jsonl'), 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));

// `.ci/run` installs tmux; where it is missing these tests say that they did not run.
(hasTmux ? describe : describe.skip)('nvae train on a terminal', () => {
  test('should be watched, resized and stopped by keys, and leave the terminal as it was', async () => {
    const shell = open();
    await shell.shows('ready>');
    shell.type(`${nvae} train small.yaml; echo ended with $?`);
    await shell.shows(/step \d+ .*images\/s/);
    expect(shell.state).toEqual({ alternate: true, cursor: false });
    shell.press('?');
    await shell.shows('keys (any key goes back)', 3);
    shell.press('x');
    await shell.shows('1 loss', 3);
    for (const [columns, rows] of [
      [60, 20],
      [200, 60],
      [80, 24],
    ] as const) {
      shell.resize(columns, rows);
      await shell.shows(new RegExp(`^╭.{${columns - 2}}╮$`, 'm'), 5);
    }
    shell.press('c');
    await shell.shows(/checkpoint +(just now|\d+ s ago)/, 10);
    shell.press('p');
    await shell.shows('PAUSED', 5);
    shell.press('p');
    shell.press('q');
    await shell.shows('stop and keep: s', 3);
    shell.press('s');
    await shell.shows('ended with 0', 15);
    expect(shell.state).toEqual({ alternate: false, cursor: true });
    expect(shell.screen()).toMatch(/stopped after \d+ steps; the same command goes on from/);
    expect(await readdir(join(folder, 'saved_weights'))).toContain('small.checkpoint');
  });

  test('should show a crash and go on, and end by Ctrl-C like any command', async () => {
    const shell = open();
    await shell.shows('ready>');
    shell.type(`${nvae} train small.yaml; echo ended with $?`);
    await shell.shows(/step \d+ .*images\/s/);
    process.kill(journal()[0].pid, 'SIGKILL');
    await shell.shows('CRASHED, STARTS AGAIN', 10);
    await shell.shows(/1 crashes/, 15);
    await shell.shows(/(started small in process \d+(.|\n)*){2}/, 15);
    shell.press('C-c');
    await shell.shows('ended with 130', 15);
    expect(shell.state).toEqual({ alternate: false, cursor: true });
  });

  test('should leave the terminal as it was where the run fails', async () => {
    const shell = open();
    await shell.shows('ready>');
    shell.type(`${nvae} train small.yaml --dataset none; echo ended with $?`);
    await shell.shows('ended with 1', 20);
    expect(shell.state).toEqual({ alternate: false, cursor: true });
    expect(shell.screen()).toMatch(/nvae: none: /);
  });
});
