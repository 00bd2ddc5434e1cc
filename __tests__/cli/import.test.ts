/** `nvae import`: what it writes, what it says, and what it leaves alone. */
import { copyFile, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { lockRun } from '../../src/checkpoint/lock/lockRun.js';
import { importCommand } from '../../src/cli/commands/import.js';
import { formatConfig } from '../../src/config/formatConfig.js';
import { loadCheckpoint } from '../../src/modelFiles/loadCheckpoint.js';
import { readAnyModelFile } from '../../src/modelFiles/readAnyModelFile.js';
import { saveTorchCheckpoint } from '../../src/modelFiles/torch/saveTorchCheckpoint.js';
import { saveTorchModel } from '../../src/modelFiles/torch/saveTorchModel.js';
import { smallConfig } from '../support/checkpoints.js';
import { runCommand } from '../support/runCommand.js';
import { useTemporaryFolder } from '../support/temporaryFolder.js';
import { wholeCheckpoint } from '../support/wholeCheckpoint.js';

const inFolder = useTemporaryFolder();
const real = fileURLToPath(new URL('../fixtures/pytorch/base.checkpoint', import.meta.url));
const config = smallConfig(['epochs=10']);
const imported = (...args: string[]) => runCommand(importCommand(), [...args, '--folder', inFolder()]);
const files = async () => (await readdir(inFolder(), { recursive: true })).sort();

describe('nvae import', () => {
  test('should write a checkpoint to where nvae train resumes it, and say how', async () => {
    const { stdout, stderr } = await imported(real);
    const path = inFolder('saved_weights', 'base.checkpoint');
    expect(stdout).toBe(`${path}\n`);
    expect(stderr).toMatch(
      /^imported a checkpoint of base: 89 tensors, 1423 parameters; 2 epochs, 4 images seen, 2 steps; \d+\.\d s\nnext: nvae train \S+base\.yaml --folder \S+\n$/,
    );
    expect(await loadCheckpoint(path)).toEqual(await loadCheckpoint(real));
    expect(await readdir(inFolder('saved_weights'))).toEqual(['base.checkpoint']);
  });

  test('should write a model to where nvae sample finds it', async () => {
    await saveTorchModel(inFolder('x.pt'), wholeCheckpoint(config));
    await writeFile(inFolder('small.yaml'), formatConfig(config));
    const { stdout } = await imported(inFolder('x.pt'), '--json');
    const path = inFolder('saved_weights', 'final_result_small.model');
    const result = JSON.parse(stdout);
    expect(result).toEqual({
      type: 'import',
      path,
      kind: 'model',
      configuration: inFolder('small.yaml'),
      tensors: expect.any(Number),
      parameters: expect.any(Number),
      seconds: expect.any(Number),
      next: `nvae sample ${path} 0.7`,
    });
    expect((await readAnyModelFile(path)).kind).toBe('model');
  });

  test('should take the configuration and the seed of its options, and say with --json how far the run is', async () => {
    await saveTorchCheckpoint(inFolder('x.checkpoint'), wholeCheckpoint(config));
    await writeFile(
      inFolder('mine.yaml'),
      formatConfig({ ...config, training: { ...config.training, epochs: 12 } }),
    );
    const out = inFolder('new', 'out.bin');
    const args = ['--config', inFolder('mine.yaml'), '--out', out, '--seed', '11', '--json'];
    const { stdout, stderr } = await imported(inFolder('x.checkpoint'), ...args);
    expect(JSON.parse(stdout)).toMatchObject({
      kind: 'checkpoint',
      epoch: 4,
      imagesSeen: 5_000_000_000,
      step: 39,
    });
    expect(stderr).toMatch(
      /^warning: .*total_epochs is 10 in the file, but epochs is 12 in the configuration mine/m,
    );
    const { config: read, state } = await loadCheckpoint(out);
    expect([read.name, state.seed]).toEqual(['mine', 11]);
  });

  test('should write only the weights with --weights', async () => {
    await imported(real, '--weights');
    expect(await readdir(inFolder('saved_weights'))).toEqual(['final_result_base.model']);
  });

  test.each(['base.checkpoint', 'base.checkpoint.previous'])(
    'should leave %s of an earlier run alone',
    async (name) => {
      await mkdir(inFolder('saved_weights'));
      const path = inFolder('saved_weights', name);
      await writeFile(path, 'earlier');
      await expect(imported(real)).rejects.toThrow(
        `${path}: exists; move it away, or write to another file with --out`,
      );
      expect(await readFile(path, 'utf8')).toBe('earlier');
      expect(await readdir(inFolder('saved_weights'))).toEqual([name]);
    },
  );

  test('should not write to a run that is being trained', async () => {
    const lock = await lockRun(inFolder('saved_weights', 'base.lock'));
    await expect(imported(real)).rejects.toThrow(/run "base" is in use/);
    await lock.release();
    await imported(real);
  });

  test('should write nothing if the file cannot be imported', async () => {
    const bytes = await readFile(real);
    await writeFile(inFolder('half.checkpoint'), bytes.subarray(0, bytes.length / 2));
    await copyFile(
      fileURLToPath(new URL('../fixtures/pytorch/base.yaml', import.meta.url)),
      inFolder('base.yaml'),
    );
    await writeFile(inFolder('text.model'), 'not a model');
    const before = await files();
    for (const name of ['half.checkpoint', 'text.model', 'missing.model', '.']) {
      const path = inFolder(name);
      await expect(imported(path)).rejects.toThrow(path);
    }
    await expect(imported(real, '--config', inFolder('none.yaml'))).rejects.toThrow('none.yaml');
    await expect(imported(real, '--config', 'demo')).rejects.toThrow(/does not fit the configuration "demo"/);
    await expect(imported(real, '--out', '')).rejects.toThrow(/--out/);
    expect(await files()).toEqual(before);
  });

  test('should refuse one of our own files, which needs no import', async () => {
    await imported(real);
    const path = inFolder('saved_weights', 'base.checkpoint');
    await expect(imported(path)).rejects.toThrow(/not a file of torch\.save/);
  });
});
