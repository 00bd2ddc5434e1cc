/** `nvae dataset`, interrupted while it works. */
import { randomBytes } from 'node:crypto';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { beforeEach, expect, test } from '@jest/globals';
import { startCli } from '../support/runCli.js';
import { useTemporaryFolder } from '../support/temporaryFolder.js';

const inFolder = useTemporaryFolder();
const count = 200_000;

/** An IDX file of small images. */
beforeEach(async () => {
  const header = Buffer.from([0, 0, 8, 3, 0, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0, 4]);
  header.writeUInt32BE(count, 4);
  await writeFile(inFolder('images.idx'), Buffer.concat([header, randomBytes(16 * count)]));
});

const dataset = (...args: string[]) => startCli(['dataset', 'images.idx', ...args], { cwd: inFolder() });

test('should report what was counted at the first Ctrl-C', async () => {
  const run = dataset();
  await run.shows('reading: ');
  run.child.kill('SIGINT');
  const { code, stdout, stderr } = await run.ended;
  expect(code).toBe(130);
  const [, images = ''] = /^images\.idx: ([\d,]+) of 200,000 images;/.exec(stdout) ?? [];
  expect(stderr).toContain(`stopped after ${images.replaceAll(',', '')} of ${count} images\n`);
  expect(stdout).toContain('sizes          all 4x4\n');
});

test.each(['out.npz', 'out.tar'])('should leave nothing of %s at Ctrl-C', async (name) => {
  await mkdir(inFolder('packs'));
  const run = dataset('--size', '4', '--pack', `packs/${name}`);
  await run.shows('packing: ');
  expect(await readdir(inFolder('packs'))).toEqual([`${name}.partial`]);
  run.child.kill('SIGINT');
  const { code, stdout, stderr } = await run.ended;
  expect([code, stdout]).toEqual([130, '']);
  expect(stderr).toContain('stopped; nothing was written\n');
  expect(await readdir(inFolder('packs'))).toEqual([]);
});
