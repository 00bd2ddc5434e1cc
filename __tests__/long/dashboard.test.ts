/** The dashboard in a real terminal: keys, sizes, crashes, screen readers, signals, no colours. */
import { readFileSync } from 'node:fs';
import { appendFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { toLine } from '../../src/streams/journal/entry.js';
import type { TrainEvent } from '../../src/streams/run/events.js';
import { startedEvent, stepEvent } from '../support/events.js';
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

const journal = () =>
  readFileSync(join(folder, 'runs/small/events.jsonl'), 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));

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

  test('should show a crash and go on, and end by Ctrl-C like any command', async () => {
    const shell = await open();
    shell.type(`${nvae} train small.yaml; echo ended with $?`);
    await shell.shows(/step \d+ .*images\/s/);
    process.kill(journal()[0].pid, 'SIGKILL');
    await shell.shows('CRASHED, RESTARTING');
    await shell.shows(/1 crash(?!ed)/);
    await shell.shows(/(started small in process \d+(.|\n)*){2}/);
    shell.press('C-c');
    await shell.shows('ended with 130');
    expect(shell.state).toEqual({ alternate: false, cursor: true });
  });

  test('should be told and asked in words with a screen reader, and then draw nothing', async () => {
    const shell = await open();
    shell.record(join(folder, 'written'));
    shell.type(`INK_SCREEN_READER=true ${nvae} train small.yaml; echo ended with $?`);
    await shell.shows('started small in process');
    expect(shell.state).toEqual({ alternate: false, cursor: true });
    shell.type('p');
    await shell.shows(/^paused after step \d+/m);
    shell.type('');
    await shell.shows(/^small: paused\n(.*\n)*problems: none\n(.*\n)*saved as: -/m);
    shell.type('q');
    await shell.shows('press s to save a checkpoint and quit');
    shell.type('s');
    // On a busy machine it is paused before its first step.
    await shell.shows(
      /^stopped after step ([1-9]\d*; saved_weights\/small\.checkpoint|0; no step was completed.*)\nended with 0/m,
    );
    expect(await readFile(join(folder, 'written'), 'utf8')).not.toContain('\u001b[');
  });

  test('should leave the terminal as it was where the run fails', async () => {
    const shell = await open();
    shell.type(`${nvae} train small.yaml --dataset none; echo ended with $?`);
    await shell.shows('ended with 1');
    expect(shell.state).toEqual({ alternate: false, cursor: true });
    expect(shell.screen()).toMatch(/nvae: none: /);
  });
});

(hasTmux ? describe : describe.skip)('nvae watch on a terminal', () => {
  const position = { epoch: 0, batchInEpoch: 2, step: 2, imagesSeen: 2 };
  const step = (i: number) => stepEvent(i, { klPerGroup: [9, 0.001], seconds: 0.1, residentBytes: 1e9 });
  const events: TrainEvent[] = [
    startedEvent(),
    step(1),
    stepEvent(2, { applied: false }),
    { type: 'warning', about: 'dataset', message: 'a.png is damaged' },
    { type: 'preview', kind: 'samples', path: 'images/small/samples.png', step: 2, imagesSeen: 2 },
    { type: 'paused', ...position },
  ];

  test('should leave the terminal as it was at SIGTERM', async () => {
    await mkdir(join(folder, 'runs/small'), { recursive: true });
    await writeFile(join(folder, 'runs/small/events.jsonl'), toLine(startedEvent(), Date.now()));
    const shell = await open();
    shell.type(`sh -c 'echo $$ > pid; exec "$@"' x ${nvae} watch small; echo ended with $?`);
    await shell.shows('PROCESS GONE');
    process.kill(Number(await readFile(join(folder, 'pid'), 'utf8')), 'SIGTERM');
    await shell.shows('ended with 130');
    expect(shell.state).toEqual({ alternate: false, cursor: true });
  });

  async function watched(
    colours: '' | 'NO_COLOR=1 ',
  ): Promise<{ screen: string; groups: string; written: string }> {
    await mkdir(join(folder, 'runs/small'), { recursive: true });
    await mkdir(join(folder, 'saved_weights'), { recursive: true });
    const lines = events.map((event, i) => toLine(event, Date.now() + i)).join('');
    await writeFile(join(folder, 'runs/small/events.jsonl'), lines);
    // This process stands for the one that trains.
    const lock = { pid: process.pid, host: hostname(), birth: null, since: 'now', id: 'x' };
    await writeFile(join(folder, 'saved_weights/small.lock'), JSON.stringify(lock));
    const shell = await open(110, 32);
    shell.record(join(folder, 'written'));
    shell.type(`${colours}${nvae} watch small; echo ended with $?`);
    const screen = await shell.shows('paused after step 2');
    shell.press('2');
    const groups = await shell.shows(/1\.0e-3 collapsed\?/);
    shell.press('q');
    await shell.shows('ended with 0');
    expect(shell.state).toEqual({ alternate: false, cursor: true });
    return { screen, groups, written: await readFile(join(folder, 'written'), 'utf8') };
  }
  /** Colours, of all that selects how characters look. */
  const coloursIn = (written: string) =>
    written
      .split('\u001b[')
      .flatMap((part) => /^([\d;]*)m/.exec(part)?.[1]?.split(';') ?? [])
      .filter((code) => /^([34]\d|9\d|10\d)$/.test(code));

  test('should tell everything without colours, and then write none', async () => {
    const { screen, groups, written } = await watched('NO_COLOR=1 ');
    expect(coloursIn(written)).toEqual([]);
    expect(screen).toContain(' PAUSED ');
    expect(screen).toMatch(/problems +! 1 skipped · 1 warning/);
    expect(screen).toContain('warning: a.png is damaged');
    expect(screen).toContain('images/small/samples.png');
    expect(screen).toMatch(/2x2 g0 {2}█+ 9\.00/);
    expect(groups).toMatch(/4x4 g1 !▏ 1\.0e-3 collapsed\?/);
  });

  test('should lay a second run below the first, and follow it while its process lives', async () => {
    const [first, second] = ['small', 'other'].map((name) => join(folder, 'runs', name, 'events.jsonl'));
    const run = (loss: number, count: number) =>
      [startedEvent(), ...Array.from({ length: count }, (_, i) => stepEvent(i + 1, { loss }))]
        .map((event, i) => toLine(event, Date.now() + i))
        .join('');
    for (const name of ['small', 'other']) await mkdir(join(folder, 'runs', name), { recursive: true });
    await mkdir(join(folder, 'saved_weights'), { recursive: true });
    await writeFile(first!, run(500, 30));
    await writeFile(second!, run(400, 20));
    const lock = { pid: process.pid, host: hostname(), birth: null, since: 'now', id: 'x' };
    await writeFile(join(folder, 'saved_weights/other.lock'), JSON.stringify(lock));
    const shell = await open(110, 32);
    shell.type(`${nvae} watch small --compare none; echo ended with $?`);
    await shell.shows(/nvae: none: no run has this name; .*\nended with 1/);
    shell.type(`clear; NO_COLOR=1 ${nvae} watch small --compare other; echo ended with $?`);
    await shell.shows(/━ small {2}╌ other 400 at its last step/);
    const more = Array.from({ length: 20 }, (_, i) => stepEvent(21 + i, { loss: 300 }));
    await appendFile(second!, more.map((event) => toLine(event, Date.now())).join(''));
    await shell.shows(/╌ other 350 here/);
    shell.press('q');
    await shell.shows('ended with 0');
  });

  test('should use colours where they are wanted', async () => {
    expect(new Set(coloursIn((await watched('')).written)).size).toBeGreaterThan(2);
  });
});
