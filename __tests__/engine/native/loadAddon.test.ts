/** In processes of their own, since the addon is loaded and set up once. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { processors } from '../../../src/config/processors.js';
import { loadAddon, rebuildCommand } from '../../../src/engine/native/loadAddon.js';
import { instructionSets } from '../../../src/engine/settings.js';

const engine = fileURLToPath(new URL('../../../src/engine/index.ts', import.meta.url));
const program = `
const { useEngine } = await import(process.argv[1]);
try {
  const { name, threads, simd, warnings } = await useEngine();
  console.log(JSON.stringify({ name, threads, simd, warnings }));
} catch (error) {
  console.log(JSON.stringify({ name: error.name, message: error.message }));
}
process.exit();`;

function startedWith(environment: NodeJS.ProcessEnv) {
  const args = ['--import', import.meta.resolve('tsx'), '--input-type=module', '-e', program, engine];
  const options = { encoding: 'utf8', env: { ...process.env, ...environment } } as const;
  return JSON.parse(spawnSync(process.execPath, args, options).stdout);
}

test('should use the threads and the instruction set that are asked for', () => {
  const started = startedWith({ NVAE_THREADS: '3', NVAE_SIMD: 'portable' });
  expect(started).toMatchObject({ name: 'native', threads: 3, simd: 'portable' });
  const { usable } = processors();
  expect(started.warnings.join()).toMatch(
    usable < 3 ? /^NVAE_THREADS: 3 threads share \d usable proc/ : /^$/,
  );
});

const possible = loadAddon().instructionSets();
const lacking = instructionSets.filter((name) => !possible.includes(name));

test('should use the best instruction set otherwise', () => {
  expect(startedWith({ NVAE_SIMD: '' }).simd).toBe(possible[0]);
});

(lacking.length > 0 ? test.each(lacking) : test.skip.each(['none']))(
  'should refuse an instruction set that this processor lacks (%s), and not take another engine',
  (name) => {
    expect(startedWith({ NVAE_SIMD: name })).toEqual({
      name: 'EngineSettingError',
      message: `NVAE_SIMD: this processor has no ${name}, but ${possible.join(' and ')}; unset it to use the best`,
    });
  },
);

test.each([
  ['/home/é/rx-nvae', 'npm run build:native'],
  ['C:\\projects\\rx-nvae', 'npm run build:native'],
  ['/app/node_modules/rx-nvae/', 'npm rebuild rx-nvae'],
  ['C:\\app\\node_modules\\rx-nvae', 'npm rebuild rx-nvae'],
  ['/app/node_modules/.pnpm/rx-nvae@1.0.0/node_modules/rx-nvae', 'pnpm rebuild rx-nvae'],
])('should know what builds the addon again in %s', (root, command) => {
  expect(rebuildCommand(root)).toBe(command);
});
