/**
 * Compiles the native engine with the node-gyp that comes with npm, and puts the finished addon in place in one rename.
 *
 * An install without a compiler must succeed: a failed build prints one line and leaves whatever addon was there before.
 * With --strict (npm run build:native) it prints the compiler's output and fails instead.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const strict = process.argv.includes('--strict');

function findNodeGyp() {
  const bundled = join(
    dirname(process.execPath),
    '../lib/node_modules/npm/node_modules/node-gyp/bin/node-gyp.js',
  );
  const debian = '/usr/share/nodejs/npm/node_modules/node-gyp/bin/node-gyp.js';
  return [process.env.npm_config_node_gyp, bundled, debian].find((path) => path && existsSync(path));
}

function fail(reason, output = '') {
  if (strict) {
    process.stderr.write(`${output}\nbuild-native: ${reason}\n`);
    process.exit(1);
  }
  process.stderr.write(
    `rx-nvae: the native engine was not built (${reason}); the slower wasm engine will be used. ` +
      'To get it, install a C++ compiler, make and python3, then run: npm run build:native\n',
  );
  process.exit(0);
}

const nodeGyp = findNodeGyp();
if (!nodeGyp) fail('node-gyp, which comes with npm, was not found');

// node-gyp always builds into ./build of the folder that holds binding.gyp.
const run = spawnSync(process.execPath, [nodeGyp, 'rebuild', '--silent', '--jobs', 'max'], {
  cwd: root,
  encoding: 'utf8',
  maxBuffer: 1 << 26,
});
const output = `${run.stdout ?? ''}${run.stderr ?? ''}`;
const built = join(root, 'build/Release/nvae.node');
if (run.status !== 0 || !existsSync(built)) {
  rmSync(join(root, 'build'), { recursive: true, force: true });
  const lines = output.split('\n').filter((line) => /error|not found|could not/i.test(line));
  fail(lines[0]?.trim().slice(0, 160) ?? `node-gyp ended with status ${run.status}`, output);
}
mkdirSync(join(root, 'native/build'), { recursive: true });
renameSync(built, join(root, 'native/build/nvae.node'));
rmSync(join(root, 'build'), { recursive: true, force: true });
