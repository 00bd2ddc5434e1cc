/**
 * Compiles the native engine with the node-gyp that comes with npm, and installs the finished addon with one rename. `npm install`
 * of the published package does not compile it where the package with the addon for this platform loads; `npm rebuild` and
 * --strict always do. Where there is an MPI (mpicc), its addon is compiled, too, and whether that works decides nothing else.
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
import { computeAddon, hasMpi, mpiAddon } from './build-native/addons.mjs';
import { causeOf } from './build-native/causeOf.mjs';
import { findHeaders, findNodeGyp } from './build-native/findTools.mjs';
import { prebuiltLoads } from './build-native/prebuilt.mjs';
import { rebuildCommand } from './build-native/rebuildCommand.mjs';
import { makeWorkFolder } from './build-native/workFolder.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const strict = process.argv.includes('--strict');
const target = join(root, 'native/build');

function copySources(work, headers) {
  cpSync(join(root, 'binding.gyp'), join(work, 'binding.gyp'));
  const isSource = (path) => path !== target;
  cpSync(join(root, 'native'), join(work, 'native'), { recursive: true, filter: isSource });
  if (headers) symlinkSync(headers, join(work, 'node'), 'junction');
}

/** Compiles in the folder; returns the output, and the path of the file unless the build failed. */
function compile(addon, work, nodeGyp, headers) {
  const nodedir = headers ? [`--nodedir=${join(work, 'node')}`] : [];
  const folder = join(work, addon.folder);
  const run = spawnSync(process.execPath, [nodeGyp, 'rebuild', '--jobs', 'max', ...nodedir], {
    cwd: folder,
    encoding: 'utf8',
    // Messages in English; `npm install --silent` must not hide the cause of a failure, which is read from them.
    env: { ...process.env, ...addon.env, LC_ALL: 'C', npm_config_loglevel: 'info' },
    maxBuffer: 1 << 26,
  });
  const output = `${run.stdout ?? ''}${run.stderr ?? ''}`
    .replaceAll(`${work}/`, '')
    .replaceAll('../native', 'native');
  const file = join(folder, `build/Release/${addon.name}.node`);
  return { output, file: run.status === 0 && existsSync(file) ? file : null };
}

function install({ name, failureFile }, file) {
  mkdirSync(target, { recursive: true });
  const beside = join(target, `${name}-${process.pid}.tmp`);
  copyFileSync(file, beside);
  renameSync(beside, join(target, `${name}.node`));
  rmSync(join(target, failureFile), { force: true });
}

function keepFailure({ failureFile }, text) {
  try {
    mkdirSync(target, { recursive: true });
    writeFileSync(join(target, failureFile), text);
  } catch {
    // the folder is not writable: the line printed below is the only report
  }
}

/** `compiles`: whether compiling again could help after the remedy. */
function fail(addon, { reason, remedy, compiles = true }, output = '') {
  const again = compiles && `run "${rebuildCommand(root)}"`;
  const advice = [remedy, again].filter(Boolean).join(', then ');
  keepFailure(addon, `${reason}\n${advice}\n\n${output}`);
  if (strict && addon === computeAddon) {
    process.stderr.write(`${output}\nbuild-native: ${reason}; to try again, ${advice}\n`);
    process.exit(1);
  }
  if (strict) process.stderr.write(`${output}\n`);
  process.stderr.write(`rx-nvae: ${addon.what}: ${reason}; ${addon.consequence}. To get it, ${advice}\n`);
}

/** The addons to compile here. */
async function wantedAddons() {
  const wanted = strict || process.env.npm_command === 'rebuild' || !(await prebuiltLoads(root));
  return [...(wanted ? [computeAddon] : []), ...(hasMpi(root) ? [mpiAddon] : [])];
}

async function build() {
  const addons = await wantedAddons();
  if (addons.length === 0) return;
  const failAll = (problem) => {
    // That of the engine is last, as it may end the process.
    for (const addon of addons.toReversed()) fail(addon, problem);
  };
  if (process.platform === 'win32') {
    return failAll({
      reason: "the kernels use vector extensions that Microsoft's compiler does not have",
      remedy: 'install the package @rx-nvae/native-win32-x64',
      compiles: false,
    });
  }
  const nodeGyp = findNodeGyp(root);
  if (!nodeGyp) {
    return failAll({
      reason: 'node-gyp, which comes with npm, was not found',
      remedy: 'install npm or node-gyp',
    });
  }
  const { headers, problem } = findHeaders();
  if (problem) return failAll(problem);
  const work = makeWorkFolder(root);
  try {
    copySources(work, headers);
    for (const addon of addons) {
      const { output, file } = compile(addon, work, nodeGyp, headers);
      if (file) install(addon, file);
      else fail(addon, causeOf(output), output);
    }
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

// The compiler receives Ctrl-C too and exits; then the cleanup above runs.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => {});
try {
  await build();
} catch (error) {
  fail(computeAddon, { reason: error.message, remedy: '' });
}
