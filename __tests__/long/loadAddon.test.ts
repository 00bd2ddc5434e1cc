/** In processes of their own, since the addon is loaded and set up once. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { rebuildCommand } from '../../src/base/ownPackage.js';
import { processors } from '../../src/base/processors.js';
import { prebuiltPackage } from '../../src/engine/native/addonFiles.js';
import { loadAddon } from '../../src/engine/native/loadAddon.js';
import { instructionSets } from '../../src/engine/settings.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const engine = join(root, 'src/engine/index.ts');
const program = `
const { useEngine } = await import(process.argv[1]);
try {
  const { name, threads, simd, warnings } = await useEngine();
  console.log(JSON.stringify({ name, threads, simd, warnings }));
} catch (error) {
  console.log(JSON.stringify({ name: error.name, message: error.message }));
}
process.exit();`;

function startedWith(environment: NodeJS.ProcessEnv, from = engine) {
  const url = pathToFileURL(from).href;
  const args = ['--import', import.meta.resolve('tsx'), '--input-type=module', '-e', program, url];
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
      message: `NVAE_SIMD: this processor does not support ${name} (it supports ${possible.join(' and ')}); unset it to use the best`,
    });
  },
);

/** Every installed package, by links; there is none for this platform among them. */
async function linkPackages(folder: string): Promise<void> {
  await mkdir(folder);
  for (const name of await readdir(join(root, 'node_modules'))) {
    if (!name.startsWith('@rx-nvae')) await symlink(join(root, 'node_modules', name), join(folder, name));
  }
}

const inAProject = 'node node_modules/rx-nvae/scripts/build-native.mjs --strict';

describe('where there is no build of its own', () => {
  let base: string;
  let installed: string;
  beforeEach(async () => {
    base = await mkdtemp(join(tmpdir(), 'nvae-addon-'));
    installed = join(base, 'node_modules/rx-nvae');
    await mkdir(join(installed, 'native/build'), { recursive: true });
    for (const part of ['src', 'dist/coreGradients.js', 'package.json']) {
      await cp(join(root, part), join(installed, part), { recursive: true });
    }
    await linkPackages(join(installed, 'node_modules'));
  });
  afterEach(() => rm(base, { recursive: true, force: true }));

  const started = () => startedWith({}, join(installed, 'src/engine/index.ts'));

  test('the warning should say why the build failed, and what it left to do', async () => {
    const failure =
      'make was not found\ninstall make, then run "node node_modules/rx-nvae/scripts/build-native.mjs --strict"\n\ngyp info ...\n';
    await writeFile(join(installed, 'native/build/failure.txt'), failure);
    expect(started()).toMatchObject({
      name: 'wasm',
      warnings: [
        `using the wasm engine, 6 to 10 times slower than native: native/build/nvae.node was not built: make was not found; ${prebuiltPackage()} is not installed. To get native, install make, then run "node node_modules/rx-nvae/scripts/build-native.mjs --strict"`,
      ],
    });
  });

  test('the warning should say that it was built for another machine', async () => {
    await writeFile(join(installed, 'native/build/nvae.node'), 'built for another system');
    const { warnings } = started();
    expect(warnings[0]).toMatch(/native\/build\/nvae\.node does not load: .*(invalid|file|header)/);
    expect(warnings[0]).toContain(`then run "${inAProject}"`);
  });

  describe('and the package for this platform is installed', () => {
    /** The addon of this clone stands for the one in the package. */
    async function installPrebuilt(version: string): Promise<void> {
      const folder = join(installed, 'node_modules', prebuiltPackage());
      await mkdir(folder, { recursive: true });
      await writeFile(join(folder, 'package.json'), JSON.stringify({ name: prebuiltPackage(), version }));
      await cp(join(root, 'native/build/nvae.node'), join(folder, 'nvae.node'));
    }
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

    test('should take its addon', async () => {
      await installPrebuilt(version);
      expect(started()).toMatchObject({ name: 'native', warnings: [] });
    });

    test('should take its addon where the own build does not load, and say why', async () => {
      await installPrebuilt(version);
      await writeFile(join(installed, 'native/build/nvae.node'), 'built for another system');
      const { name, warnings } = started();
      expect(name).toBe('native');
      expect(warnings.join()).toMatch(/^native\/build\/nvae\.node does not load: /);
    });

    test('should not take the addon of another version', async () => {
      await installPrebuilt('0.0.1');
      const { name, warnings } = started();
      expect(name).toBe('wasm');
      expect(warnings.join()).toContain(
        `${prebuiltPackage()} 0.0.1 is not of version ${version}, as rx-nvae is`,
      );
    });
  });
});

test.each([
  ['linux', 'x64', 'glibc', '@rx-nvae/native-linux-x64'],
  ['linux', 'arm64', 'musl', '@rx-nvae/native-linuxmusl-arm64'],
  ['darwin', 'arm64', null, '@rx-nvae/native-darwin-arm64'],
  ['win32', 'x64', null, '@rx-nvae/native-win32-x64'],
])('should know the package for %s %s %s', (platform, arch, libc, name) => {
  expect(prebuiltPackage(platform, arch, libc)).toBe(name);
});

test.each([
  ['/home/é/rx-nvae', 'npm run build:native'],
  ['C:\\projects\\rx-nvae', 'npm run build:native'],
  ['/app/node_modules/rx-nvae/', inAProject],
  ['C:\\app\\node_modules\\rx-nvae', inAProject],
  ['/app/node_modules/.pnpm/rx-nvae@1.0.0/node_modules/rx-nvae', inAProject],
])('should know what builds the addon again in %s', (root, command) => {
  expect(rebuildCommand(root)).toBe(command);
});
