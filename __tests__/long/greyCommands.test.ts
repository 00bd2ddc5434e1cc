/** Commands with a model of grey images: they read colour and grey files, and write grey ones. */
import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import sharp from 'sharp';
import { saveModel } from '../../src/checkpoint/saveModel.js';
import type { Snapshot } from '../../src/checkpoint/snapshot.js';
import { decodeCommand } from '../../src/cli/commands/decode.js';
import { encodeCommand } from '../../src/cli/commands/encode.js';
import { evaluateCommand } from '../../src/cli/commands/evaluate.js';
import { exploreCommand } from '../../src/cli/commands/explore.js';
import { interpolateCommand } from '../../src/cli/commands/interpolate.js';
import { reconstructCommand } from '../../src/cli/commands/reconstruct.js';
import { sampleCommand } from '../../src/cli/commands/sample.js';
import { Trainer } from '../../src/training/trainer.js';
import { useTestEngine } from '../support/engine.js';
import { runCommand } from '../support/runCommand.js';
import { smallBatch, smallConfig } from '../support/smallConfig.js';
import { useTemporaryFolder } from '../support/temporaryFolder.js';

const inFolder = useTemporaryFolder();
useTestEngine();

let snapshot: Snapshot;
beforeAll(async () => {
  const trainer = await Trainer.create(smallConfig({ imageChannels: 1 }));
  for (let i = 0; i < 3; i += 1) await trainer.step(smallBatch(i, 4, 8, 1), 0);
  snapshot = await trainer.snapshot();
  await trainer.dispose();
});
beforeEach(async () => {
  await saveModel(inFolder('small.model'), snapshot);
  await mkdir(inFolder('photos'));
  const colour = { width: 8, height: 8, channels: 3 as const, background: { r: 255, g: 0, b: 0 } };
  await sharp({ create: colour }).toFile(inFolder('photos/red.png'));
  const grey = sharp(
    Uint8Array.from({ length: 64 }, (_, i) => 3 * i),
    {
      raw: { width: 8, height: 8, channels: 1 },
    },
  );
  await grey.toColourspace('b-w').toFile(inFolder('photos/grey.png'));
});

const engine = ['--engine', 'native'];
const model = () => inFolder('small.model');
const [grey, red] = ['photos/grey.png', 'photos/red.png'];

/** The values of a picture that must be grey. */
async function greysIn(path: string) {
  expect((await sharp(path).metadata()).channels).toBe(1);
  const { data, info } = await sharp(path).toColourspace('b-w').raw().toBuffer({ resolveWithObject: true });
  return { at: (x: number, y: number) => data[y * info.width + x], width: info.width, height: info.height };
}

describe('with a model of grey images', () => {
  test('nvae interpolate should begin and end with the grey of its files', async () => {
    const strip = inFolder('strip.png');
    const args = [model(), inFolder(grey), inFolder(red), '2', '--gif', '--out', strip, ...engine];
    await runCommand(interpolateCommand(), args);
    const { at, width, height } = await greysIn(strip);
    expect([width, height]).toEqual([32, 8]);
    expect([at(0, 0), at(7, 0), at(0, 7), at(7, 7)]).toEqual([0, 21, 168, 189]);
    expect([at(24, 0), at(31, 7)]).toEqual([76, 76]); // the luma of red
    expect((await sharp(inFolder('strip.gif')).metadata()).format).toBe('gif');
  });

  test('nvae reconstruct should show grey originals, and nvae explore grey differences', async () => {
    const [pairs, differences] = [inFolder('pairs.png'), inFolder('differences.png')];
    await runCommand(reconstructCommand(), [model(), inFolder('photos'), '--out', pairs, ...engine]);
    const { at, width, height } = await greysIn(pairs);
    expect([width, height]).toEqual([16, 16]);
    expect([at(0, 0), at(7, 7), at(8, 0)]).toEqual([0, 189, 76]);
    const args = [model(), '1', '0', '--difference', '--variants', '3', '--out', differences, ...engine];
    await runCommand(exploreCommand(), args);
    expect(await greysIn(differences)).toMatchObject({ width: 32, height: 16 });
  });

  test('nvae encode, decode and sample should write grey images', async () => {
    const file = inFolder('photos.safetensors');
    await runCommand(encodeCommand(), [model(), inFolder('photos'), '--out', file, ...engine]);
    await runCommand(decodeCommand(), [model(), file, '--out', `${inFolder('decoded')}/`, ...engine]);
    const names = (await readdir(inFolder('decoded'))).sort();
    expect(names).toEqual(['grey.png', 'red.png']);
    for (const name of names) await greysIn(join(inFolder('decoded'), name));
    const samples = inFolder('samples.png');
    await runCommand(sampleCommand(), [model(), '0.7', '2', '--count', '4', '--out', samples, ...engine]);
    await greysIn(samples);
  });

  test('nvae evaluate should count one value per pixel', async () => {
    const args = [model(), inFolder('photos'), '--json', ...engine];
    const { stdout } = await runCommand(evaluateCommand(), args);
    const result = JSON.parse(stdout.trim().split('\n').at(-1) ?? '');
    expect(result).toMatchObject({ images: 2, dimensions: 64 });
    expect(result.bitsPerDimension.mean).toBeCloseTo(result.negativeElboMass.mean / (64 * Math.LN2), 6);
  });
});
