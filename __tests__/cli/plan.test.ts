import { writeFile } from 'node:fs/promises';
import { describe, expect, test } from '@jest/globals';
import { planCommand } from '../../src/cli/commands/plan.js';
import { writePictures } from '../support/pictures.js';
import { runCommand } from '../support/runCommand.js';
import { smallYaml } from '../support/smallYaml.js';
import { useTemporaryFolder } from '../support/temporaryFolder.js';

const inFolder = useTemporaryFolder();

async function planned(...args: string[]) {
  await writeFile(inFolder('small.yaml'), smallYaml('epochs: 2'));
  return runCommand(planCommand(), [inFolder('small.yaml'), '--engine', 'cpu', ...args]);
}

describe('nvae plan', () => {
  test('should print memory and time for the images of a dataset', async () => {
    await writePictures(inFolder('photos'), 10);
    const { stdout, stderr } = await planned('--dataset', inFolder('photos'), '--batch', '4', '--json');
    expect(stderr).toBe('');
    const plan = JSON.parse(stdout);
    expect(plan).toMatchObject({
      configuration: 'small',
      engine: 'cpu',
      batchSize: 4,
      stepsPerEpoch: 3,
      fits: true,
    });
    expect(plan.images.training).toBe(10);
    expect(plan.seconds.perEpoch).toBeGreaterThan(plan.seconds.perStep);
  });

  test('should print a table for people, and say what it measures', async () => {
    const { stdout, stderr } = await planned('--images', '1000', '--batch', '2');
    expect(stdout).toMatch(/^small on cpu .*\nmemory {4}\d+ MB at the peak; /);
    expect(stdout).toMatch(/^epoch .* 500 steps$/m);
    expect(stderr).toBe('measuring steps with 2 images\n');
  });

  test('should say so where it does not fit', async () => {
    const { stdout } = await planned('--memory', '0.1');
    expect(stdout).toMatch(/does not fit: only 100 MB free/);
    expect(stdout).toMatch(/^fits {6}nothing: not even one image at a time/m);
  });

  test('should refuse two numbers of images', async () => {
    await expect(planned('--images', '10', '--dataset', 'photos')).rejects.toThrow(/--images.*--dataset/);
  });
});
