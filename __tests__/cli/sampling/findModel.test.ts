import { mkdir, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { findModel } from '../../../src/cli/sampling/findModel.js';
import { createOutput } from '../../../src/cli/terminal/output.js';
import { namesOfPretrained, pretrainedModel } from '../../../src/modelFiles/pretrained/pretrainedModel.js';
import { useTemporaryFolder } from '../../support/temporaryFolder.js';

const inFolder = useTemporaryFolder();
const pretrained = (await namesOfPretrained()).join(', ');

/** A folder of runs with files of these ages, in seconds. */
async function weights(files: Readonly<Record<string, number>>): Promise<void> {
  const folder = inFolder('saved_weights');
  await mkdir(folder, { recursive: true });
  for (const [name, age] of Object.entries(files)) {
    await writeFile(join(folder, name), '');
    await utimes(join(folder, name), 1e9 - age, 1e9 - age);
  }
}

async function found(given: string): Promise<readonly [path: string, ...told: string[]]> {
  const told: string[] = [];
  const output = { ...createOutput({}), progress: (line: string) => void told.push(line) };
  return [await findModel(given, inFolder(), output), ...told];
}

describe('findModel', () => {
  test('should take a file as it is given, without a word', async () => {
    await writeFile(inFolder('a.model'), '');
    expect(await found(inFolder('a.model'))).toEqual([inFolder('a.model')]);
    expect(await found(inFolder('nowhere.model'))).toEqual([inFolder('nowhere.model')]);
  });

  test('should find the final model or the checkpoint of a run, the newer one, and say which', async () => {
    await weights({ 'demo.checkpoint': 20, 'final_result_demo.model': 10, 'slow.checkpoint': 5 });
    const model = inFolder('saved_weights', 'final_result_demo.model');
    const checkpoint = inFolder('saved_weights', 'demo.checkpoint');
    expect(await found('demo')).toEqual([model, `model ${model}`]);
    expect((await found('slow'))[0]).toBe(inFolder('saved_weights', 'slow.checkpoint'));
    expect((await found('demo.checkpoint'))[0]).toBe(checkpoint);
    await weights({ 'demo.checkpoint': 1 });
    expect(await found('demo')).toEqual([checkpoint, `model ${checkpoint}`]);
  });

  test('should find the best model of a run by its name with .best, and mention it', async () => {
    await weights({ 'demo.checkpoint': 1, 'demo.best.model': 9 });
    const [checkpoint, best] = ['demo.checkpoint', 'demo.best.model'].map((name) =>
      inFolder('saved_weights', name),
    );
    expect(await found('demo')).toEqual([
      checkpoint,
      `model ${checkpoint}; the best on held-out images is demo.best`,
    ]);
    expect(await found('demo.best')).toEqual([best, `model ${best}`]);
  });

  test('should name the runs there are where there is none of that name', async () => {
    await weights({ 'demo.checkpoint': 1, 'final_result_other.model': 1, 'demo.lock': 1 });
    await expect(found('dmeo')).rejects.toThrow(
      `dmeo: no file, run or pretrained model has this name; runs in ${inFolder('saved_weights')}: demo, other; pretrained models: ${pretrained} (did you mean demo?)`,
    );
    await expect(findModel('demo', inFolder('elsewhere'), createOutput({}))).rejects.toThrow(
      'there are no runs in',
    );
  });

  test('should find a pretrained model by its name, unless a run or a file has it', async () => {
    const { path } = await pretrainedModel('emoji');
    expect(await found('emoji')).toEqual([path, 'pretrained model emoji: nvae models tells more']);
    await weights({ 'emoji.checkpoint': 1 });
    const run = inFolder('saved_weights', 'emoji.checkpoint');
    expect(await found('emoji')).toEqual([run, `model ${run}, not the pretrained model of this name`]);
    const before = process.cwd();
    process.chdir(inFolder());
    try {
      await writeFile('emoji', '');
      expect(await found('emoji')).toEqual([
        'emoji',
        'model emoji: the file, not the pretrained model of this name',
      ]);
    } finally {
      process.chdir(before);
    }
  });

  test('should name the pretrained model that was meant', async () => {
    await expect(found('emojis')).rejects.toThrow(
      `there are no runs in ${inFolder('saved_weights')}; pretrained models: ${pretrained} (did you mean emoji?)`,
    );
  });

  test('should say of a folder that it is one', async () => {
    await weights({ 'demo.checkpoint': 1 });
    const before = process.cwd();
    process.chdir(inFolder());
    try {
      await expect(found('saved_weights')).rejects.toThrow(
        /^saved_weights: is a folder, and no run or pretrained model has this name; runs in .*: demo;/,
      );
    } finally {
      process.chdir(before);
    }
  });

  test.each(['', ' '])('should say that %j is no model', async (given) => {
    await expect(found(given)).rejects.toThrow(
      `model: expected a file, the name of a run or of a pretrained model, got "${given}"`,
    );
  });

  test('should not name a folder among the runs', async () => {
    await mkdir(inFolder('saved_weights', 'odd.checkpoint'), { recursive: true });
    await expect(found('odd')).rejects.toThrow(
      /^odd: no file, run or pretrained model has this name; there are no runs in /,
    );
  });
});
