/** `nvae encode` and `nvae decode`, interrupted while they work. */
import { copyFile, mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, expect, test } from '@jest/globals';
import { latentsBetween, openLatents } from '../../src/checkpoint/latents/latentsFile.js';
import { useTestEngine } from '../support/engine.js';
import { useModelFile } from '../support/modelFile.js';
import { writePictures } from '../support/pictures.js';
import { runCli, startCli } from '../support/runCli.js';
import { useTemporaryFolder } from '../support/temporaryFolder.js';

const inFolder = useTemporaryFolder();
useTestEngine();
useModelFile(() => inFolder('small.model'));

const count = 12_000;
beforeEach(async () => {
  await writePictures(inFolder('one'), 1);
  await mkdir(inFolder('photos'));
  for (let i = 0; i < count; i += 1)
    await copyFile(inFolder('one', '00.png'), inFolder('photos', `${i}.png`));
});

const encode = (...args: string[]) =>
  startCli(['encode', 'small.model', 'photos', '--batch', '1', '--engine', 'native', ...args], {
    cwd: inFolder(),
  });

test('should keep what is encoded, in a whole file, at the first Ctrl-C', async () => {
  const run = encode('--out', 'x.safetensors');
  await run.shows('encoding: ');
  run.child.kill('SIGINT');
  const { code, stdout, stderr } = await run.ended;
  expect([code, stdout]).toEqual([130, 'x.safetensors\n']);
  const file = await openLatents(inFolder('x.safetensors'));
  expect(stderr).toContain(`stopped after ${file.images} of ${count} images\n`);
  expect(file.images).toBeLessThan(count);
  expect((await latentsBetween(file, file.images - 1, file.images)).names).toEqual(file.names?.slice(-1));
  expect((await readdir(inFolder())).sort()).toEqual(['one', 'photos', 'small.model', 'x.safetensors']);
  const rest = await runCli(['decode', 'small.model', 'x.safetensors', '--out', 'y/', '--quiet'], {
    cwd: inFolder(),
  });
  expect(rest.code).toBe(0);
  expect(await readdir(inFolder('y'))).toHaveLength(file.images);
});

test('should leave nothing at the second', async () => {
  const run = encode('--out', join('deeper', 'x.safetensors'));
  await run.shows('encoding: ');
  run.child.kill('SIGINT');
  run.child.kill('SIGTERM');
  const { code } = await run.ended;
  expect(code).toBe(130);
  const left = await readdir(inFolder('deeper'));
  expect(left.filter((name) => name.includes('partial'))).toEqual([]);
});
