/** The tool where its own path has what a URL or a shell writes in another way. */
import { cp, mkdir, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { emojiFolder } from '../support/emoji.js';
import { runCli } from '../support/runCli.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
let base: string;
beforeAll(async () => {
  base = await mkdtemp(join(tmpdir(), 'nvae-odd-'));
});
afterAll(() => rm(base, { recursive: true, force: true }));

test('should find its engine, the process of its run and its files, from its sources', async () => {
  const home = join(base, "a b é 日 it's 100%25 #1 $(x) [y]");
  await mkdir(home);
  for (const part of [
    'src',
    'dist/coreGradients.js',
    'model_configs',
    'native/build',
    'package.json',
    'tsconfig.json',
  ])
    await cp(join(root, part), join(home, part), { recursive: true });
  await symlink(join(root, 'node_modules'), join(home, 'node_modules'));
  const command = [process.execPath, '--import', import.meta.resolve('tsx'), join(home, 'src/cli/main.ts')];
  const train = ['train', 'demo', '--dataset', emojiFolder, '--json', '--engine', 'native', '--seconds', '1'];
  const { code, stdout, stderr } = await runCli(train, { cwd: home, command });
  expect(stderr).toBe('');
  expect(stdout).toContain('"type":"started","name":"demo","engine":"native"');
  expect(code).toBe(0);
});
