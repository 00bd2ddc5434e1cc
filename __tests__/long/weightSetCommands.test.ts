/** The option `--weights` of the commands that take a model. */
import { readFile } from 'node:fs/promises';
import { beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { Command } from 'commander';
import { saveCheckpoint } from '../../src/checkpoint/saveCheckpoint.js';
import { saveModel } from '../../src/checkpoint/saveModel.js';
import type { Snapshot } from '../../src/checkpoint/snapshot.js';
import { cherryCommand } from '../../src/cli/commands/cherry.js';
import { decodeCommand } from '../../src/cli/commands/decode.js';
import { encodeCommand } from '../../src/cli/commands/encode.js';
import { evaluateCommand } from '../../src/cli/commands/evaluate.js';
import { exploreCommand } from '../../src/cli/commands/explore.js';
import { exportCommand } from '../../src/cli/commands/export.js';
import { interpolateCommand } from '../../src/cli/commands/interpolate.js';
import { reconstructCommand } from '../../src/cli/commands/reconstruct.js';
import { sampleCommand } from '../../src/cli/commands/sample.js';
import { readAnyModelFile } from '../../src/modelFiles/readAnyModelFile.js';
import { Trainer } from '../../src/training/trainer.js';
import { useTestEngine } from '../support/engine.js';
import { writePictures } from '../support/pictures.js';
import { runCommand } from '../support/runCommand.js';
import { smallBatch, smallConfig } from '../support/smallConfig.js';
import { useTemporaryFolder } from '../support/temporaryFolder.js';

const inFolder = useTemporaryFolder();
useTestEngine();

let snapshot: Snapshot;
const [checkpoint, model] = ['a.checkpoint', 'ema.model'];
beforeAll(async () => {
  await using trainer = await Trainer.create(smallConfig({}, { emaDecay: 0.9 }));
  for (let i = 0; i < 3; i += 1) await trainer.step(smallBatch(i, 4), 0);
  snapshot = await trainer.snapshot();
});
beforeEach(async () => {
  await saveCheckpoint(inFolder(checkpoint), snapshot);
  await saveModel(inFolder(model), snapshot);
  await saveModel(inFolder('raw.model'), snapshot, { weights: 'raw' });
  await writePictures(inFolder('photos'), 3);
});

const run = (command: Command, file: string, args: readonly string[]) =>
  runCommand(command, [inFolder(file), ...args, '--engine', 'native']);
async function sample(file: string, args: readonly string[] = []) {
  const path = inFolder('one.png');
  const { stderr } = await run(sampleCommand(), file, ['0.7', '2', '--out', path, ...args]);
  return { picture: await readFile(path), stderr };
}
async function evaluate(file: string, args: readonly string[] = []): Promise<number> {
  const { stdout } = await run(evaluateCommand(), file, [inFolder('photos'), '--json', ...args]);
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '').negativeElboMass.mean;
}

describe('--weights', () => {
  test('should be an option of every command that takes a model', () => {
    const withModel = [
      cherryCommand(),
      decodeCommand(),
      encodeCommand(),
      evaluateCommand(),
      exploreCommand(),
    ];
    const others = [exportCommand(), interpolateCommand(), reconstructCommand(), sampleCommand()];
    for (const command of [...withModel, ...others]) {
      const option = command.options.find(({ long }) => long === '--weights');
      expect([command.name(), option?.argChoices]).toEqual([command.name(), ['raw', 'ema']]);
    }
  });

  test('should choose the weights that nvae sample uses, by default the average', async () => {
    const [given, ema, raw] = [
      await sample(checkpoint),
      await sample(checkpoint, ['--weights', 'ema']),
      await sample(checkpoint, ['--weights', 'raw']),
    ];
    expect(given.picture).toEqual(ema.picture);
    expect(raw.picture).not.toEqual(ema.picture);
    expect(given.stderr).toContain('weights ema: their moving average in training');
    expect(raw.stderr).not.toContain('weights ema');
    expect((await sample(model)).picture).toEqual(ema.picture);
    expect((await sample('raw.model')).picture).toEqual(raw.picture);
  });

  test('should choose the weights that nvae evaluate measures', async () => {
    const [given, raw] = [await evaluate(checkpoint), await evaluate(checkpoint, ['--weights', 'raw'])];
    expect(raw).not.toBe(given);
    expect(await evaluate(model)).toBe(given);
    expect(await evaluate('raw.model')).toBe(raw);
  });

  test('should be refused for weights that the file does not have', async () => {
    await expect(sample(model, ['--weights', 'raw'])).rejects.toThrow(
      'ema.model: has no raw weights, only their moving average (ema); leave out --weights raw, or use the checkpoint of the run',
    );
    await expect(evaluate('raw.model', ['--weights', 'ema'])).rejects.toThrow(
      'raw.model: has no moving average of the weights (ema); leave out --weights ema, or train with training_parameters.ema_decay',
    );
  });

  test('should choose the weights that nvae export writes; a checkpoint of PyTorch gets the raw ones', async () => {
    const exported = async (name: string, args: readonly string[]) => {
      const path = inFolder(name, name.includes('checkpoint') ? 'x.checkpoint' : 'x.model');
      const { stderr } = await run(exportCommand(), checkpoint, ['--out', path, ...args]);
      const file = await readAnyModelFile(path, { weightsOnly: true, config: snapshot.config });
      return { stderr, tensors: file.tensors };
    };
    const name = 'decoder_constant';
    const [raw, ema] = [snapshot.tensors.get(name), snapshot.tensors.get(`ema.${name}`)];
    expect(raw).not.toEqual(ema);
    expect((await exported('default', ['--weights'])).tensors.get(name)).toEqual(ema);
    expect((await exported('raw', ['--weights', 'raw'])).tensors.get(name)).toEqual(raw);
    expect((await exported('own', ['--format', 'rx-nvae', '--weights', 'raw'])).tensors.get(name)).toEqual(
      raw,
    );
    const whole = await exported('checkpoint', []);
    expect(whole.tensors.get(name)).toEqual(raw);
    expect(whole.stderr).toContain('the moving average of the weights (ema) is lost');
  });
});
