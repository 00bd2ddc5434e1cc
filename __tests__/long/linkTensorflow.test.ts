/** Linking TensorFlow as users meet it: with packages of a few lines in the place of the real ones, which are large. */
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, symlinkSync } from 'node:fs';
import { chmod, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { compileTensorflow, writeTensorflow, writeTfjsNode } from '../support/standInTensorflow.js';
import { useTemporaryFolder } from '../support/temporaryFolder.js';

const scripts = fileURLToPath(new URL('../../scripts', import.meta.url));
const inFolder = useTemporaryFolder();
const modules = () => inFolder('project/node_modules');

/** Runs the script of our package, installed in a project. */
function link(args: readonly string[], env: NodeJS.ProcessEnv = {}) {
  const root = join(modules(), 'rx-nvae');
  for (const name of ['build-native', 'link-tensorflow', 'link-tensorflow.mjs'])
    cpSync(join(scripts, name), join(root, 'scripts', name), { recursive: true });
  const script = join(root, 'scripts/link-tensorflow.mjs');
  const { npm_config_nodedir: _, ...inherited } = process.env;
  return spawnSync(process.execPath, [script, ...args], {
    cwd: inFolder(),
    encoding: 'utf8',
    env: { ...inherited, ...env },
  });
}

/** The only line of an error. */
function errorOf(args: readonly string[], env?: NodeJS.ProcessEnv): string {
  const { status, stdout, stderr } = link(args, env);
  expect([status, stdout]).toEqual([1, '']);
  const lines = stderr.trim().split('\n');
  expect(lines).toHaveLength(1);
  return lines[0]!;
}

const onLinux = process.platform === 'linux' ? describe : describe.skip;

onLinux('linking', () => {
  test('should build an addon that finds TensorFlow and what lies beside it', async () => {
    const packages = inFolder("a b é 日 it's #1");
    const tensorflow = await writeTensorflow(packages);
    await compileTensorflow(tensorflow);
    await chmod(tensorflow, 0o555);
    const tfjsNode = await writeTfjsNode(modules());
    const { status, stdout, stderr } = link([], {
      PYTHONPATH: packages,
      LD_LIBRARY_PATH: inFolder(), // no other TensorFlow is taken
    });
    await chmod(tensorflow, 0o755);
    expect(stderr).toBe('');
    expect(status).toBe(0);
    expect(stdout.trim().split('\n')).toEqual([
      'linked: libtensorflow 2.99.0, built for CUDA 12.5.1',
      `library: ${tensorflow}/libtensorflow_cc.so.2`,
      `package: ${tfjsNode}`,
      'GPU: none found',
    ]);
    expect(readdirSync(join(tfjsNode, 'lib'), { recursive: true }).sort()).toEqual([
      'linked-tensorflow.json',
      'loading.node',
      'napi-v8',
      'napi-v8/tfjs_binding.node',
    ]);
    const code = `const { hush, speak, letGo } = require(process.argv[1]); const { writeSync } = require('fs');
      letGo(); hush(); hush(); writeSync(1, 'a'); writeSync(2, 'b'); speak(); speak(); writeSync(1, 'c'); writeSync(2, 'd');`;
    const loading = join(tfjsNode, 'lib/loading.node');
    const spoken = spawnSync(process.execPath, ['-e', code, loading], { encoding: 'utf8' });
    expect([spoken.stdout, spoken.stderr, spoken.status]).toEqual(['c', 'd', 0]);
    const record = await readFile(join(tfjsNode, 'lib/linked-tensorflow.json'), 'utf8');
    expect(JSON.parse(record)).toEqual({ folder: tensorflow, cuda: '12.5.1' });
  });

  test('should leave an addon that works in its place where the new one does not', async () => {
    const tensorflow = await writeTensorflow(inFolder('packages'));
    await compileTensorflow(tensorflow);
    const tfjsNode = await writeTfjsNode(modules());
    expect(link(['--tensorflow', inFolder('packages')]).status).toBe(0);
    const addon = join(tfjsNode, 'lib/napi-v8/tfjs_binding.node');
    const before = await readFile(addon);
    await rm(join(tensorflow, 'libtensorflow_cc.so.2'));
    await compileTensorflow(tensorflow, '(abort(), "")');
    expect(errorOf(['--tensorflow', tensorflow])).toMatch(
      /: the built addon does not work here: it crashes \(SIGABRT\)$/,
    );
    expect(await readFile(addon)).toEqual(before);
    await writeFile(join(tensorflow, 'include/tensorflow/c/c_api.h'), '#error "no C here"\n');
    const { stderr } = link(['--tensorflow', tensorflow]);
    expect(stderr).toMatch(
      /^link-tensorflow: the addon was not built: .*c_api\.h:1:2: error: #error "no C here"$/m,
    );
    expect(readdirSync(join(tfjsNode, 'lib/napi-v8'))).toEqual(['tfjs_binding.node']);
  }, 120_000);
});

onLinux('what cannot be linked is said in one line:', () => {
  test('a Python that is not there, or has no TensorFlow', async () => {
    expect(errorOf(['--python', 'python3.99'])).toBe(
      'link-tensorflow: python3.99 was not found; name a Python with --python, or a TensorFlow with --tensorflow',
    );
    await writeFile(inFolder('python'), '#!/bin/sh\necho \'{"executable": "/opt/python", "places": []}\'\n', {
      mode: 0o755,
    });
    expect(errorOf(['--python', './python'])).toMatch(
      /^link-tensorflow: \.\/python \(\/opt\/python\) has no tensorflow; install it with python3 -m pip install/,
    );
    await writeFile(inFolder('python'), '#!/bin/sh\necho "SyntaxError: no f-strings" >&2; exit 1\n', {
      mode: 0o755,
    });
    expect(errorOf(['--python', inFolder('python')])).toContain(
      'failed while looking for tensorflow: SyntaxError: no f-strings',
    );
  });

  test('a folder that is not there, or has no TensorFlow', () => {
    mkdirSync(inFolder('empty'));
    expect(errorOf(['--tensorflow', 'nowhere'])).toBe(
      'link-tensorflow: --tensorflow: there is no folder nowhere',
    );
    expect(errorOf(['--tensorflow', 'empty'])).toMatch(
      /: there is no TensorFlow in .*\/empty; install it with/,
    );
  });

  test('a TensorFlow that is too old', async () => {
    const tensorflow = await writeTensorflow(inFolder('packages'));
    expect(errorOf(['--tensorflow', tensorflow])).toBe(
      `link-tensorflow: TensorFlow 2.99.0 in ${tensorflow} has no libtensorflow_cc.so.2: it is too old, or not for Linux; expected 2.15 or newer`,
    );
  });

  test.each([
    [
      'of another architecture',
      process.arch === 'arm64' ? 0x3e : 0xb7,
      /is for (arm64|x64), and Node is for/,
    ],
    ['that is none for Linux', null, /is not a Linux library, and Node is for/],
  ])('a library %s', async (_what, machine, message) => {
    const header = Buffer.alloc(64);
    if (machine) header.writeUInt32BE(0x7f454c46);
    if (machine) header.writeUInt16LE(machine, 18);
    const library = header.toString('latin1');
    const names = ['libtensorflow_cc.so.2', 'libtensorflow_framework.so.2'];
    const tensorflow = await writeTensorflow(inFolder('packages'));
    for (const name of names) await writeFile(join(tensorflow, name), library, 'latin1');
    expect(errorOf(['--tensorflow', tensorflow])).toMatch(message);
  });

  test('a TensorFlow in parts', async () => {
    const tensorflow = await writeTensorflow(inFolder('packages'));
    await compileTensorflow(tensorflow);
    await rename(join(tensorflow, 'include'), join(tensorflow, 'elsewhere'));
    expect(errorOf(['--tensorflow', tensorflow])).toContain('has no C headers');
    await rm(join(tensorflow, 'libtensorflow_framework.so.2'));
    expect(errorOf(['--tensorflow', tensorflow])).toContain(
      'has no libtensorflow_framework.so.2 in the same folder',
    );
  });

  test('tfjs-node of another version', async () => {
    const tensorflow = await writeTensorflow(inFolder('packages'));
    await compileTensorflow(tensorflow);
    await writeTfjsNode(modules(), '3.21.1');
    expect(errorOf(['--tensorflow', tensorflow])).toContain(
      'expected version 4.22.0, got 3.21.1; run "npm install --ignore-scripts @tensorflow/tfjs-node@4.22.0"',
    );
  });

  test('no npm to install tfjs-node with', async () => {
    const tensorflow = await writeTensorflow(inFolder('packages'));
    await compileTensorflow(tensorflow);
    const bare = { PATH: inFolder('bin'), npm_execpath: undefined };
    mkdirSync(inFolder('bin'));
    const { stderr, status } = link(['--tensorflow', tensorflow], bare);
    expect([status, stderr]).toEqual([
      1,
      'link-tensorflow: npm was not found; install it, or put it on the PATH\n',
    ]);
    expect(readdirSync(join(modules(), 'rx-nvae/.tensorflow'))).toEqual([]);
  });

  test.each([
    [['--tensorflow', 'a', '--python', 'b'], 'exclude each other'],
    [['--package', 'tfjs'], '--package: expected tfjs-node or tfjs-node-gpu, got "tfjs"'],
    [['--tensorflow', ''], '--tensorflow: expected a path, got nothing'],
    [['--tensor'], "Unknown option '--tensor'; run it with --help"],
  ])('%j', (args, message) => {
    expect(errorOf(args)).toContain(message);
  });
});

onLinux('TensorFlow is found', () => {
  test('in an environment of conda, whose libraries and headers are elsewhere', async () => {
    const prefix = inFolder('conda');
    const packages = join(prefix, 'lib/python3.12/site-packages');
    const tensorflow = await writeTensorflow(packages);
    await compileTensorflow(tensorflow);
    await rename(join(tensorflow, 'include'), join(prefix, 'include'));
    await rename(join(packages, 'nvidia'), join(prefix, 'nvidia'));
    for (const name of ['libtensorflow_cc.so.2', 'libtensorflow_framework.so.2']) {
      await rename(join(tensorflow, name), join(prefix, 'lib', name));
      symlinkSync(join(prefix, 'lib', name), join(tensorflow, name));
    }
    await writeTfjsNode(modules());
    const { status, stdout, stderr } = link(['--tensorflow', prefix]);
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout).toContain(`library: ${prefix}/lib/libtensorflow_cc.so.2\n`);
    expect(existsSync(join(modules(), 'rx-nvae/.tensorflow'))).toBe(false);
  });
});
