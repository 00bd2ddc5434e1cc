import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import type { TrainEvent } from '../../src/streams/run/events.js';
import { writePictures } from '../support/pictures.js';
import { runCli, startCli } from '../support/runCli.js';
import { settled } from '../support/settled.js';
import { useTemporaryFolder } from '../support/temporaryFolder.js';

const inFolder = useTemporaryFolder();
const yaml = `
channel_towers: 4
number_of_scales: 1
initial_splits_per_scale: 1
latent_size: 2
input_dimension: 8
num_flows: 0
training_parameters: {batch_size: 4, epochs: -1, epochs_per_checkpoint: 1}
`;
const events = (text: string) =>
  text
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as TrainEvent);

const posix = process.platform === 'win32' ? test.skip : test;
posix(
  'a run that was suspended and taken over should end without writing anything',
  async () => {
    await writeFile(inFolder('small.yaml'), yaml);
    await mkdir(inFolder('dataset'));
    await writePictures(inFolder('dataset'), 120); // an epoch is long beside a write that may be under way
    const args = ['train', 'small.yaml', '--json'];
    const first = startCli(args, { cwd: inFolder() });
    let told = '';
    first.child.stdout?.on('data', (text: string) => {
      told += text;
    });
    await settledLong(() => events(told).some(({ type }) => type === 'checkpoint'));
    const started = events(told).find((event) => event.type === 'started');
    const pid = started?.type === 'started' ? started.pid : 0;
    process.kill(pid, 'SIGSTOP');

    const refused = await runCli(args, { cwd: inFolder() });
    expect(refused.code).toBe(1);
    expect(refused.stderr).toMatch(new RegExp(`run "small" is in use by process ${pid} .*--take-over`));

    const second = await runCli([...args, '--take-over', '--seconds', '21'], { cwd: inFolder() });
    expect(second.code).toBe(0);
    const files = ['saved_weights/small.checkpoint', 'runs/small/events.jsonl'].map((name) => inFolder(name));
    const before = await Promise.all(files.map((file) => readFile(file)));
    process.kill(pid, 'SIGCONT');
    const ended = await first.ended;
    expect(ended.stderr).toMatch(
      /run "small" (was taken over by process \d+ on|lost its lock) .*writes nothing more/,
    );
    expect(ended.code).toBe(1);
    expect(await Promise.all(files.map((file) => readFile(file)))).toEqual(before);
    await expect(readFile(join(inFolder('saved_weights'), 'small.lock'))).rejects.toThrow('ENOENT');
  },
  180_000,
);

async function settledLong(condition: () => boolean): Promise<void> {
  for (let i = 0; i < 9; i += 1)
    if (
      await settled(condition).then(
        () => true,
        () => false,
      )
    )
      return;
  await settled(condition);
}
