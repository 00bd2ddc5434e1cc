/** Commands on libtensorflow; they need tfjs-node, as ./tensorflowKernels.test.ts does. */
import { writeFile } from 'node:fs/promises';
import { expect, test } from '@jest/globals';
import sharp from 'sharp';
import { drawDiscs } from '../../scripts/torture/drawDiscs.js';
import { findPackage } from '../../src/engine/tensorflow/findPackage.js';
import { runCli } from '../support/runCli.js';
import { useTemporaryFolder } from '../support/temporaryFolder.js';

const config = `
channel_towers: 4
number_of_scales: 2
initial_splits_per_scale: 1
latent_size: 2
input_dimension: 8
num_flows: 0
cells_per_split_enc: 1
sampling_method: logistic_mixture
n_mix: 2
training_parameters: {batch_size: 4, epochs: 2, seed: 3}
`;

type Engine = 'native' | 'tensorflow';

const onTensorflow = findPackage() === null ? test.skip : test;
const inFolder = useTemporaryFolder();

async function nvae(engine: Engine, ...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await runCli([...args, '--engine', engine, '--seed', '3'], {
    cwd: inFolder(),
  });
  expect({ code, stderr }).toEqual({ code: 0, stderr: expect.anything() });
  return stdout;
}

/** The losses of two epochs; with two engines each has its own, and the second goes on from the checkpoint of the first. */
async function lossesOf(name: string, ...engines: readonly Engine[]): Promise<number[]> {
  const losses: number[] = [];
  for (const [i, engine] of engines.entries()) {
    const epochs = ['--set', `training_parameters.epochs=${i + 3 - engines.length}`];
    const told = await nvae(engine, 'train', 'small.yaml', '--name', name, '--json', ...epochs);
    const events = told
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { type: string; loss: number });
    losses.push(...events.filter(({ type }) => type === 'step').map(({ loss }) => loss));
  }
  return losses;
}

async function pixels(file: string): Promise<number[]> {
  return [...(await sharp(inFolder(file)).raw().toBuffer())];
}

onTensorflow(
  'a run goes on from the other engine’s checkpoint, and both make the same pictures of a model',
  async () => {
    await writeFile(inFolder('small.yaml'), config);
    await drawDiscs(inFolder('dataset'), 12);
    const expected = await lossesOf('native', 'native');
    expect(expected).toHaveLength(6);
    for (const [name, engines] of [
      ['there', ['native', 'tensorflow']],
      ['back', ['tensorflow', 'native']],
    ] as const) {
      const losses = await lossesOf(name, ...engines);
      expect(losses).toHaveLength(expected.length);
      // Rounding alone makes 1e-4 of six steps of so small a model; a run that does not go on is off by hundredths.
      for (const [i, loss] of losses.entries()) {
        expect(Math.abs(loss / expected[i]! - 1)).toBeLessThan(1e-3);
      }
    }
    for (const engine of ['native', 'tensorflow'] as const) {
      await nvae(engine, 'sample', 'native', '0.7', '2', '--out', `samples_${engine}.png`);
      const [one, other] = ['dataset/disc_000.png', 'dataset/disc_001.png'];
      await nvae(engine, 'interpolate', 'native', one, other, '2', '--out', `strip_${engine}.png`);
    }
    for (const picture of ['samples', 'strip']) {
      const [actual, wanted] = [
        await pixels(`${picture}_tensorflow.png`),
        await pixels(`${picture}_native.png`),
      ];
      expect(actual).toHaveLength(wanted.length);
      expect(Math.max(...actual.map((value, i) => Math.abs(value - wanted[i]!)))).toBeLessThanOrEqual(1);
    }
  },
  240_000,
);

onTensorflow('half precision is refused before anything is allocated', async () => {
  await writeFile(inFolder('small.yaml'), config);
  await drawDiscs(inFolder('dataset'), 4);
  const args = ['train', 'small.yaml', '--set', 'training_parameters.half_precision=true'];
  const { code, stdout, stderr } = await runCli([...args, '--engine', 'tensorflow', '--json'], {
    cwd: inFolder(),
  });
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toMatch(
    /half_precision: expected false on the engine tensorflow, got true; use the engine native, or set it to false/,
  );
});
