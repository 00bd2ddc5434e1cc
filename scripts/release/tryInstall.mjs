import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { packageNameOf } from '../build-prebuilt/writePackage.mjs';
import { npm } from './npm.mjs';

const test = 'installs and trains';

/**
 * On a machine of the platform: installs both tarballs in an empty project without scripts, samples images from a pretrained model, and
 * trains on them with the native engine; nothing may be compiled. Elsewhere it is not run.
 */
export async function tryInstall(root, platform, main, native) {
  const { prebuiltPackage } = await import(
    pathToFileURL(join(root, 'dist/engine/native/addonFiles.js')).href
  );
  if (prebuiltPackage() !== packageNameOf(platform)) {
    return { test, outcome: 'not run', detail: `this is not ${platform.name}` };
  }
  const project = mkdtempSync(join(tmpdir(), 'nvae-install-'));
  const modules = join(project, 'node_modules');
  const cli = join(modules, 'rx-nvae/dist/cli/main.js');
  const node = (...args) => run(process.execPath, args, { cwd: project });
  try {
    writeFileSync(join(project, 'package.json'), '{ "private": true }\n');
    const begin = performance.now();
    const flags = ['--ignore-scripts', '--no-audit', '--no-fund'];
    npm(['install', ...flags, main, native], { cwd: project });
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
