import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { familySync, MUSL } from 'detect-libc';

const test = 'installs and trains';

/** Whether this machine is of the platform. */
export function fits({ os, cpu, libc }) {
  const here = process.platform === 'linux' && (familySync() === MUSL ? 'musl' : 'glibc');
  return os === process.platform && cpu === process.arch && (!libc || libc === here);
}

/**
 * Installs both tarballs in an empty project, without scripts and without a compiler in PATH, samples images from a pretrained model, and
 * trains on them with the native engine.
 */
export function tryInstall(main, native) {
  const project = mkdtempSync(join(tmpdir(), 'nvae-install-'));
  const modules = join(project, 'node_modules');
  const cli = join(modules, 'rx-nvae/dist/cli/main.js');
  const env = { ...process.env, PATH: dirname(process.execPath) };
  const node = (...args) => run(process.execPath, args, { cwd: project, env });
  try {
    writeFileSync(join(project, 'package.json'), '{ "private": true }\n');
    const begin = performance.now();
    const flags = ['--ignore-scripts', '--no-audit', '--no-fund'];
    run('npm', ['install', ...flags, main, native], { cwd: project, shell: process.platform === 'win32' });
    const seconds = ((performance.now() - begin) / 1000).toFixed(0);
    node(cli, 'doctor', '--engine', 'native');
    node(
      cli,
      'sample',
      'digits',
      '0.8',
      '--count',
      '32',
      '--separate',
      '--out',
      'photos',
      '--engine',
      'native',
    );
    node(cli, 'train', 'demo', '--dataset', 'photos', '--seconds', '3', '--engine', 'native');
    if (existsSync(join(modules, 'rx-nvae/native/build'))) throw new Error('something was compiled');
    return { test, outcome: 'passed', detail: `installed in ${seconds} s, Node ${process.version}` };
  } catch (error) {
    return { test, outcome: 'failed', detail: error.message };
  } finally {
    rmSync(project, { recursive: true, force: true });
  }
}

function run(command, args, options) {
  const { status, stdout, stderr } = spawnSync(command, args, { ...options, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${[command, ...args].join(' ')}:\n${stdout}${stderr}`);
}
