/** A configuration that is edited while its run is at rest, and a run that diverges. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { loadCheckpoint } from '../../src/modelFiles/loadCheckpoint.js';
import type { StepEvent, TrainEvent } from '../../src/streams/run/events.js';
import { writePictures } from '../support/pictures.js';
import { runCli } from '../support/runCli.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nvae-parameters-'));
  await writePictures(join(folder, 'dataset'), 10);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Edits the file and runs it; the steps that it makes. */
async function edited(training: object, more: { latent?: number; args?: readonly string[] } = {}) {
  const { latent = 2, args = [] } = more;
  const model = `{channel_towers: 4, number_of_scales: 1, initial_splits_per_scale: 1, latent_size: ${latent},
    input_dimension: 8, num_flows: 0, cells_per_split_enc: 1, training_parameters: ${JSON.stringify(training)}}`;
  await writeFile(join(folder, 'small.yaml'), model);
  const command = ['train', 'small.yaml', '--engine', 'native', '--json', ...args];
  const { code, stdout, stderr } = await runCli(command, { cwd: folder });
  const events = stdout.split('\n').flatMap((line): TrainEvent[] => (line ? [JSON.parse(line)] : []));
  return { code, stderr, steps: events.filter((event): event is StepEvent => event.type === 'step') };
}

const checkpointPath = () => join(folder, 'saved_weights', 'small.checkpoint');

/** One story: each test goes on from the checkpoint that the one before it has left. */
describe('nvae train', () => {
  test('should begin with the parameters of the file', async () => {
    const { code, steps } = await edited({ epochs: 1, batch_size: 4, learning_rate: 0.01 });
    expect([code, steps.map(({ batchSize }) => batchSize)]).toEqual([0, [4, 4, 2]]);
    expect(new Set(steps.map(({ learningRate }) => learningRate))).toEqual(new Set([0.01]));
  });

  test('should go on with the parameters that were edited meanwhile, and with those of --set in their place', async () => {
    const args = ['--set', 'training_parameters.learning_rate=0.002'];
    const training = { epochs: 2, batch_size: 5, learning_rate: 0.02, warmup_epochs: 2 };
    const { code, steps } = await edited(training, { args });
    expect([code, steps.map(({ step }) => step)]).toEqual([0, [4, 5]]);
    expect(steps[0]).toMatchObject({ epoch: 1, batchSize: 5, learningRate: 0.002, klCoefficient: 0.5 });
  });

  test('should refuse a changed architecture and name the keys', async () => {
    const { code, stderr, steps } = await edited({ epochs: 3 }, { latent: 3 });
    expect([code, steps]).toEqual([1, []]);
    expect(stderr).toContain('has another architecture: latent_size 3 (was 2)');
  });

  test('should end with exit code 3 and advice when it diverges, the last checkpoint as it was', async () => {
    const before = await readFile(checkpointPath());
    const training = { epochs: 20, batch_size: 5, epochs_per_checkpoint: 1, learning_rate: 1e30 };
    const { code, stderr, steps } = await edited({ ...training, non_finite_limit: 3 });
    expect(code).toBe(3);
    expect(steps.map(({ step, applied }) => [step, applied])).toEqual([
      [6, true],
      [7, false],
      [8, false],
    ]);
    expect(stderr).toMatch(/warning: step 7 was skipped: its \w+(\[\d\])? is not finite \(1 of 3 in a row\)/);
    expect(stderr).toMatch(
      /3 steps in a row .*; lower learning_rate, .*the last checkpoint is intact, and the same command resumes from it/,
    );
    expect((await readFile(checkpointPath())).equals(before)).toBe(true);
    expect((await loadCheckpoint(checkpointPath())).state.position.step).toBe(5);
  });

  test('should go on from there when the file is mended', async () => {
    const { code, steps } = await edited({ epochs: 3, batch_size: 5 });
    expect([code, steps.map(({ step, applied }) => [step, applied])]).toEqual([
      0,
      [
        [6, true],
        [7, true],
      ],
    ]);
  });
});
