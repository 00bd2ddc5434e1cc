/**
 * Compiles the native engine with the node-gyp that comes with npm, and installs the finished addon with one rename. `npm install`
 * of the published package compiles nothing where the package with the addon for this platform loads; `npm rebuild` and
 * --strict always compile.
 *
 * Builds in a temporary folder: make cannot work in a path with spaces, and parallel builds do not interfere.
 * An install without a compiler must succeed: a failed build prints one line, keeps the previous addon, if any, and
 * writes the reason and the whole output to native/build/failure.txt, where the engine and `nvae doctor` find it (npm
 * hides the output of a dependency's scripts). With --strict (npm run build:native), it prints the output and
 * fails instead.
 */
import { spawnSync } from 'node:child_process';
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { causeOf } from './build-native/causeOf.mjs';
import { findHeaders, findNodeGyp } from './build-native/findTools.mjs';
import { prebuiltLoads } from './build-native/prebuilt.mjs';
import { rebuildCommand } from './build-native/rebuildCommand.mjs';
import { makeWorkFolder } from './build-native/workFolder.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const strict = process.argv.includes('--strict');
const target = join(root, 'native/build');
const failure = join(target, 'failure.txt');

/** Compiles in the folder; returns the output, and the path of the addon unless the build failed. */
function compile(work, nodeGyp, headers) {
  cpSync(join(root, 'binding.gyp'), join(work, 'binding.gyp'));
  const isSource = (path) => path !== target;
  cpSync(join(root, 'native'), join(work, 'native'), { recursive: true, filter: isSource });
  if (headers) symlinkSync(headers, join(work, 'node'), 'junction');
  const nodedir = headers ? [`--nodedir=${join(work, 'node')}`] : [];
  const run = spawnSync(process.execPath, [nodeGyp, 'rebuild', '--jobs', 'max', ...nodedir], {
    cwd: work,
    encoding: 'utf8',
    // Messages in English; `npm install --silent` must not hide the cause of a failure, which is read from them.
    env: { ...process.env, LC_ALL: 'C', npm_config_loglevel: 'info' },
    maxBuffer: 1 << 26,
  });
  const output = `${run.stdout ?? ''}${run.stderr ?? ''}`
    .replaceAll(`${work}/`, '')
    .replaceAll('../native', 'native');
  const addon = join(work, 'build/Release/nvae.node');
  return { output, addon: run.status === 0 && existsSync(addon) ? addon : null };
}

function install(addon) {
  mkdirSync(target, { recursive: true });
  const beside = join(target, `nvae-${process.pid}.tmp`);
  copyFileSync(addon, beside);
  renameSync(beside, join(target, 'nvae.node'));
  rmSync(failure, { force: true });
}

function keepFailure(text) {
  try {
    mkdirSync(target, { recursive: true });
    writeFileSync(failure, text);
  } catch {
    // the folder is not writable: the line printed below is the only report
  }
}

/** `compiles`: whether compiling again could help after the remedy. */
function fail({ reason, remedy, compiles = true }, output = '') {
  const again = compiles && `run "${rebuildCommand(root)}"`;
  const advice = [remedy, again].filter(Boolean).join(', then ');
  keepFailure(`${reason}\n${advice}\n\n${output}`);
  if (strict) {
    process.stderr.write(`${output}\nbuild-native: ${reason}; to try again, ${advice}\n`);
    process.exit(1);
  }
  process.stderr.write(
    `rx-nvae: the native engine was not built: ${reason}; the slower wasm engine will be used. To get it, ${advice}\n`,
  );
}

async function build() {
  const wanted = strict || process.env.npm_command === 'rebuild';
  if (!wanted && (await prebuiltLoads(root))) return;
  if (process.platform === 'win32') {
    return fail({
      reason: "the kernels use vector extensions that Microsoft's compiler does not have",
      remedy: 'install the package @rx-nvae/native-win32-x64',
      compiles: false,
    });
  }
  const nodeGyp = findNodeGyp(root);
  if (!nodeGyp) {
    return fail({
      reason: 'node-gyp, which comes with npm, was not found',
      remedy: 'install npm or node-gyp',
    });
  }
  const { headers, problem } = findHeaders();
  if (problem) return fail(problem);
  const work = makeWorkFolder(root);
  try {
    const { output, addon } = compile(work, nodeGyp, headers);
    if (addon) install(addon);
    else fail(causeOf(output), output);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

// The compiler receives Ctrl-C too and exits; then the cleanup above runs.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => {});
try {
  await build();
} catch (error) {
  fail({ reason: error.message, remedy: '' });
}
