import { mkdir } from 'node:fs/promises';
import { expect, test } from '@jest/globals';
import { datasetPaths } from '../../../src/cli/sampling/datasetPaths.js';
import { useTemporaryFolder } from '../../support/temporaryFolder.js';

const inFolder = useTemporaryFolder();

test('datasets should have a weight behind a colon, unless there is a path of that name', async () => {
  await mkdir(inFolder('a:2'));
  const given = ['photos', 'photos.zip:3', 'mnist.npz/x_train:2', 'C:\\photos', '-', inFolder('a:2')];
  expect(await datasetPaths([...given, `${inFolder('a:2')}:4`])).toEqual([
    { path: 'photos' },
    { path: 'photos.zip', repeat: 3 },
    { path: 'mnist.npz/x_train', repeat: 2 },
    { path: 'C:\\photos' },
    { path: '-' },
    { path: inFolder('a:2') },
    { path: inFolder('a:2'), repeat: 4 },
  ]);
});

test.each(['photos:0', 'photos:0.5', 'photos:-1', 'photos:'])('%s should be refused', async (path) => {
  await expect(datasetPaths([path])).rejects.toThrow(
    `--dataset ${path}: expected a positive integer, how often an epoch takes each of its images, got "`,
  );
});

test('an empty path should be refused', async () => {
  await expect(datasetPaths([''])).rejects.toThrow('--dataset: the path is empty; give a folder of images');
});
