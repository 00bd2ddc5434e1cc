/** The build of the native engine as users meet it: tools that are missing, odd paths, two builds at a time. */
import { type SpawnSyncReturns, spawn, spawnSync } from 'node:child_process';
import { copyFileSync, cpSync, existsSync, linkSync, mkdirSync, readdirSync, symlinkSync } from 'node:fs';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';

const scripts = fileURLToPath(new URL('../../scripts', import.meta.url));
const gyp = JSON.stringify({ targets: [{ target_name: 'nvae', sources: ['native/addon.cc'] }] });
const source = `#include <node_api.h>
NAPI_MODULE_INIT() {
  napi_value answer;
  napi_create_int32(env, 42, &answer);
  napi_set_named_property(env, exports, "answer", answer);
  return exports;
}
`;

/** A port on which nobody listens. */
const noNetwork = { npm_config_disturl: 'http://127.0.0.1:49151' };

let base: string;
beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'nvae-build-'));
});
afterEach(() => rm(base, { recursive: true, force: true }));

/** A package with the real scripts and an addon of a few lines. */
async function makePackage(name: string, code = source): Promise<string> {
  const root = join(base, name);
  mkdirSync(join(root, 'native'), { recursive: true });
  cpSync(join(scripts, 'build-native'), join(root, 'scripts/build-native'), { recursive: true });
  cpSync(join(scripts, 'build-native.mjs'), join(root, 'scripts/build-native.mjs'));
  await writeFile(join(root, 'binding.gyp'), gyp);
  await writeFile(join(root, 'native/addon.cc'), code);
  return root;
}

interface Settings {
  readonly node?: string;
  readonly args?: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
}

function build(root: string, { node = process.execPath, args = [], env = {} }: Settings = {}) {
  const script = join(root, 'scripts/build-native.mjs');
  const { npm_config_nodedir: _, ...inherited } = process.env;
  return spawnSync(node, [script, ...args], { encoding: 'utf8', env: { ...inherited, ...env } });
}

function answerOf(root: string): SpawnSyncReturns<string> {
  const code = 'console.log(require(process.argv[1]).answer)';
  return spawnSync(process.execPath, ['-e', code, join(root, 'native/build/nvae.node')], {
    encoding: 'utf8',
  });
}

/** A PATH on which everything is but the tools of these names. */
function pathWithout(...names: readonly RegExp[]): string {
  const folder = join(base, 'bin');
  mkdirSync(folder);
  for (const from of (process.env.PATH ?? '').split(delimiter).filter((path) => existsSync(path))) {
    for (const file of readdirSync(from)) {
      if (names.some((name) => name.test(file)) || existsSync(join(folder, file))) continue;
      try {
        symlinkSync(join(from, file), join(folder, file));
      } catch {
        // a dangling link is there already
      }
    }
  }
  return folder;
}

test.each(['a b é 日', "it's 100% #1 $(HOME) [x]"])('should build in a folder named %s', async (name) => {
  const root = await makePackage(name);
  const { status, stderr } = build(root);
  expect(stderr).toBe('');
  expect(status).toBe(0);
  expect(answerOf(root).stdout).toBe('42\n');
  expect(readdirSync(join(root, 'native/build'))).toEqual(['nvae.node']);
  expect(readdirSync(root).sort()).toEqual(['binding.gyp', 'native', 'scripts']);
});

test('should build where the temporary folder has a space', async () => {
  const root = await makePackage('package');
  const temporary = join(base, 'é t m p');
  mkdirSync(temporary);
  expect(build(root, { env: { TMPDIR: temporary } }).stderr).toBe('');
  expect(answerOf(root).stdout).toBe('42\n');
  expect(readdirSync(temporary)).toEqual([]);
});

test('two builds at the same time should not meet', async () => {
  const root = await makePackage('package');
  const script = join(root, 'scripts/build-native.mjs');
  const codes = [1, 2].map(
    () =>
      new Promise((resolve) =>
        spawn(process.execPath, [script, '--strict']).on('close', (code) => resolve(code)),
      ),
  );
  expect(await Promise.all(codes)).toEqual([0, 0]);
  expect(answerOf(root).stdout).toBe('42\n');
});

describe('a build that fails', () => {
  test.each([
    [
      'a C++ compiler',
      [/\+\+/, /^c?lang/],
      /the C\+\+ compiler g\+\+ was not found/,
      'install a C++ compiler',
    ],
    ['make', [/^g?make$/], /make was not found/, 'install make'],
    ['python', [/^py/], /python3 was not found/, 'install python3'],
  ])('should say that there is no %s', async (_, names, reason, remedy) => {
    const root = await makePackage('package');
    const { stderr, status } = build(root, { env: { PATH: pathWithout(...names), CXX: undefined } });
    expect(stderr).toMatch(reason);
    expect(stderr).toContain(`To get it, ${remedy}, then run "npm run build:native"`);
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect(status).toBe(0);
    expect(existsSync(join(root, 'native/build/nvae.node'))).toBe(false);
  });

  test('should show the first error of the compiler, and all of the output with --strict', async () => {
    const root = await makePackage('a b', '#include "missing.h"\n');
    const error = 'native/addon.cc:1:10: fatal error: missing.h: No such file or directory';
    const { stderr } = build(root);
    expect(stderr).toBe(
      `rx-nvae: the native engine was not built: ${error}; the slower wasm engine will be used. To get it, run "npm run build:native"\n`,
    );
    const strict = build(root, { args: ['--strict'] });
    expect(strict.status).toBe(1);
    expect(strict.stderr).toContain('compilation terminated');
    expect(strict.stderr).toContain(`build-native: ${error}`);
  });

  test('should say that the headers of Node cannot be downloaded where none are beside it', async () => {
    const root = await makePackage('package');
    const node = join(base, 'node');
    try {
      linkSync(process.execPath, node);
    } catch {
      copyFileSync(process.execPath, node); // on another disk
    }
    await chmod(node, 0o755);
    const env = { ...noNetwork, npm_config_devdir: join(base, 'dev') };
    const { stderr } = build(root, { node, env });
    expect(stderr).toMatch(
      /the headers of Node could not be downloaded from http:\/\/127\.0\.0\.1:49151\S+ \(.*ECONNREFUSED/,
    );
    expect(stderr).toMatch(/set npm_config_nodedir to a folder .*, then run "npm run build:native"/);
  });

  test('should name a wrong npm_config_nodedir', async () => {
    const { stderr } = build(await makePackage('package'), { env: { npm_config_nodedir: base } });
    expect(stderr).toContain(`there are no headers of Node in npm_config_nodedir (${base})`);
  });

  test('should keep the addon that was there, and the reason for whoever asks later', async () => {
    const root = await makePackage('node_modules/rx-nvae');
    build(root);
    await writeFile(join(root, 'native/addon.cc'), 'int x = "a";\n');
    const { stderr } = build(root);
    expect(stderr).toContain(
      'To get it, run "node node_modules/rx-nvae/scripts/build-native.mjs --strict"\n',
    );
    expect(answerOf(root).stdout).toBe('42\n');
    expect(await readFile(join(root, 'native/build/failure.txt'), 'utf8')).toMatch(
      /^native\/addon\.cc:1:9: error: invalid conversion .*\nrun "node node_modules\/rx-nvae\/scripts\/build-native\.mjs --strict"\n\n/,
    );
    await writeFile(join(root, 'native/addon.cc'), source);
    build(root);
    expect(readdirSync(join(root, 'native/build'))).toEqual(['nvae.node']);
  });
});

test('should not need the network where the headers are beside the Node that runs', async () => {
  const root = await makePackage('package');
  const env = {
    npm_config_disturl: 'http://127.0.0.1:9',
    npm_config_devdir: join(base, 'dev'),
    HOME: '/dev/null',
  };
  expect(build(root, { env }).stderr).toBe('');
  expect(answerOf(root).stdout).toBe('42\n');
});

describe('the MPI addon', () => {
  const mpiGyp = JSON.stringify({ targets: [{ target_name: 'mpi', sources: ['addon.cc'] }] });

  /** A package that also has an MPI addon, and a PATH with an mpicc of these lines. */
  async function makeMpiPackage(mpicc: string) {
    const root = await makePackage('a b é');
    mkdirSync(join(root, 'native/mpi'));
    await writeFile(join(root, 'native/mpi/binding.gyp'), mpiGyp);
    await writeFile(join(root, 'native/mpi/addon.cc'), source);
    const folder = pathWithout(/^mpi/);
    await writeFile(join(folder, 'mpicc'), `#!/bin/sh\n${mpicc}\n`, { mode: 0o755 });
    return { root, env: { PATH: folder } };
  }

  test('should be built where there is an mpicc', async () => {
    const { root, env } = await makeMpiPackage('exec c++ "$@"');
    expect(build(root, { env })).toMatchObject({ status: 0, stderr: '' });
    expect(readdirSync(join(root, 'native/build')).sort()).toEqual(['mpi.node', 'nvae.node']);
    await rm(join(env.PATH, 'mpicc'));
    await rm(join(root, 'native/build'), { recursive: true });
    expect(build(root, { env })).toMatchObject({ status: 0, stderr: '' });
    expect(readdirSync(join(root, 'native/build'))).toEqual(['nvae.node']);
  });

  test.each([[[]], [['--strict']]])(
    'should break nothing else when it fails (arguments: %j)',
    async (args) => {
      const { root, env } = await makeMpiPackage('echo "mpi.h:1:1: error: no such network" >&2; exit 1');
      const { status, stderr } = build(root, { env, args });
      expect(status).toBe(0);
      expect(stderr).toContain(
        'rx-nvae: the MPI addon was not built: mpi.h:1:1: error: no such network; one training cannot use several machines. To get it, run "npm run build:native"\n',
      );
      expect(answerOf(root).stdout).toBe('42\n');
      expect(await readFile(join(root, 'native/build/mpi-failure.txt'), 'utf8')).toMatch(
        /^mpi\.h:1:1: error: no such network\nrun "npm run build:native"\n\n/,
      );
    },
  );
});
