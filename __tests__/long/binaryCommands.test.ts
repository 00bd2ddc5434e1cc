/** Commands that read images, with a model that was trained on binary ones. */
import { mkdir } from 'node:fs/promises';
import { beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import sharp from 'sharp';
import { readSafetensors } from '../../src/checkpoint/readSafetensors.js';
import { saveModel } from '../../src/checkpoint/saveModel.js';
import type { Snapshot } from '../../src/checkpoint/snapshot.js';
import { encodeCommand } from '../../src/cli/commands/encode.js';
import { evaluateCommand } from '../../src/cli/commands/evaluate.js';
import { interpolateCommand } from '../../src/cli/commands/interpolate.js';
import { reconstructCommand } from '../../src/cli/commands/reconstruct.js';
import { Trainer } from '../../src/training/trainer.js';
import { useTestEngine } from '../support/engine.js';
import { runCommand } from '../support/runCommand.js';
import { smallBatch, smallConfig } from '../support/smallConfig.js';
import { useTemporaryFolder } from '../support/temporaryFolder.js';

const inFolder = useTemporaryFolder();
useTestEngine();

let snapshot: Snapshot;
beforeAll(async () => {
  const { augmentation } = smallConfig().training;
  const training = { augmentation: { ...augmentation, binarize: 'dynamic' as const } };
  const trainer = await Trainer.create(smallConfig({ samplingMethod: 'bernoulli' }, training));
  for (let i = 0; i < 3; i += 1) await trainer.step(smallBatch(i, 4), 0);
  snapshot = await trainer.snapshot();
  await trainer.dispose();
});
beforeEach(async () => {
  await saveModel(inFolder('small.model'), snapshot);
  await mkdir(inFolder('photos'));
  for (const [i, grey] of [90, 128, 170].entries()) {
    const background = { r: grey, g: grey, b: grey };
    await sharp({ create: { width: 8, height: 8, channels: 3, background } }).toFile(
      inFolder('photos', `${i}.png`),
    );
  }
});

const engine = ['--engine', 'native'];
const model = () => inFolder('small.model');
const lastOf = (stdout: string) => JSON.parse(stdout.trim().split('\n').at(-1) ?? '');
const valuesIn = async (path: string, part: { left: number; top: number; width: number; height: number }) =>
  new Set(await sharp(path).extract(part).raw().toBuffer());

describe('with a model of binary images', () => {
  test('nvae evaluate should measure a draw by name and seed, and say so', async () => {
    const evaluated = async (...args: string[]) =>
      lastOf(
        (await runCommand(evaluateCommand(), [model(), inFolder('photos'), ...args, '--json', ...engine]))
          .stdout,
      );
    const [first, again, other] = [
      await evaluated(),
      await evaluated('--batch', '2'),
      await evaluated('--seed', '1'),
    ];
    expect(first).toMatchObject({ samplingMethod: 'bernoulli', binarized: 'dynamic', images: 3 });
    expect(again.negativeElboMass.mean / first.negativeElboMass.mean).toBeCloseTo(1, 6);
    expect(other.reconstructionLossMass.mean).not.toBe(first.reconstructionLossMass.mean);
    const { stdout } = await runCommand(evaluateCommand(), [model(), inFolder('photos'), ...engine]);
    expect(stdout).toContain('images were made binary (dynamic)');
    expect(stdout).not.toContain("training's likelihood");
  });

  test('nvae encode should say in its file how images were made binary', async () => {
    const file = inFolder('photos.safetensors');
    const args = [model(), inFolder('photos'), '--out', file, '--json', ...engine];
    const { stdout } = await runCommand(encodeCommand(), args);
    expect(lastOf(stdout)).toMatchObject({ type: 'encodings', images: 3, binarized: 'dynamic' });
    expect((await readSafetensors(file)).metadata.get('binarized')).toBe('dynamic');
    const { stderr } = await runCommand(encodeCommand(), args.slice(0, 4).concat(engine));
    expect(stderr).toContain('images are made binary, as in training (dynamic)');
  });

  test('nvae reconstruct and nvae interpolate should show the binary images that the model was given', async () => {
    const pairs = inFolder('pairs.png');
    const shown = [model(), inFolder('photos'), '--out', pairs, '--json', ...engine];
    expect(lastOf((await runCommand(reconstructCommand(), shown)).stdout)).toMatchObject({
      binarized: 'dynamic',
    });
    const strip = inFolder('strip.png');
    const [one, two] = [inFolder('photos/0.png'), inFolder('photos/1.png')];
    const between = [model(), one, two, '1', '--out', strip, '--json', ...engine];
    expect(lastOf((await runCommand(interpolateCommand(), between)).stdout)).toMatchObject({
      type: 'interpolation',
      binarized: 'dynamic',
    });
    // pictures have a border around each image
    const { width = 0, height = 0 } = await sharp(strip).metadata();
    const inset = { top: height / 2 - 2, width: 4, height: 4 };
    const original = await valuesIn(strip, { ...inset, left: 4 });
    expect(original).toEqual(new Set([0, 255]));
    expect((await valuesIn(strip, { ...inset, left: width / 2 - 2 })).size).toBeGreaterThan(2);
    expect(await valuesIn(pairs, { left: 4, top: 4, width: 4, height: 4 })).toEqual(new Set([0, 255]));
  });
});
