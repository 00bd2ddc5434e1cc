import { spawnSync } from 'node:child_process';
import { copyFileSync, cpSync, existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { causeOf } from '../build-native/causeOf.mjs';
import { findHeaders, findNodeGyp } from '../build-native/findTools.mjs';
import { Problem } from './problem.mjs';

const internalHeader = 'platform/ctstring_internal.h';

/** Compiles tfjs-node's addon, and our addon that helps to load it, in the work folder; returns their paths. */
export function build({ root, work, tfjsNode, tensorflow }) {
  const nodeGyp = findNodeGyp(root);
  if (!nodeGyp) throw new Problem('node-gyp, which comes with npm, was not found; install npm or node-gyp');
  const { headers, problem } = findHeaders();
  if (problem) throw new Problem(`${problem.reason}; ${problem.remedy}`);
  prepare(work, tfjsNode, tensorflow);
  if (headers) symlinkSync(headers, join(work, 'node'));
  const nodedir = headers ? [`--nodedir=${join(work, 'node')}`] : [];
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [nodeGyp, 'rebuild', '--jobs', 'max', ...nodedir],
    { cwd: work, encoding: 'utf8', env: { ...process.env, LC_ALL: 'C' }, maxBuffer: 1 << 26 },
  );
  const [addon, loading] = ['tfjs_binding', 'loading'].map((name) =>
    join(work, `build/Release/${name}.node`),
  );
  if (status === 0 && existsSync(addon) && existsSync(loading)) return { addon, loading };
  const output = `${stdout ?? ''}${stderr ?? ''}`.replaceAll(`${work}/`, '');
  const { reason, remedy } = causeOf(output);
  throw new Problem([`the addon was not built: ${reason}`, remedy].filter(Boolean).join('; '), output);
}

/**
 * Gives the libraries the names that a linker looks for, in our own folder, since TensorFlow's may not be writable. At run time,
 * the addon finds the libraries by their real path, because they look for other libraries (CUDA's) relative to it. That path
 * comes before LD_LIBRARY_PATH, which may contain another TensorFlow.
 */
function prepare(work, tfjsNode, { library, framework, include }) {
  for (const name of ['binding.gyp', 'loading.cc'])
    copyFileSync(new URL(name, import.meta.url), join(work, name));
  cpSync(join(tfjsNode, 'binding'), join(work, 'binding'), { recursive: true });
  symlinkSync(include, join(work, 'include'));
  mkdirSync(join(work, 'lib'));
  symlinkSync(library, join(work, 'lib/libtensorflow.so'));
  symlinkSync(framework, join(work, 'lib/libtensorflow_framework.so'));
  const folders = [...new Set([dirname(library), dirname(framework)])];
  const unfit = folders.find((folder) => /[:$\n]/.test(folder));
  if (unfit)
    throw new Problem(
      `${unfit}: the loader cannot find libraries in a path that contains ":" or "$"; move the folder`,
    );
  const escaped = folders.join(':').replace(/["'\\\s]/g, '\\$&');
  writeFileSync(join(work, 'link-options'), `--disable-new-dtags -rpath ${escaped}\n`);
  writeShim(work, include);
}

/** Creates a header that some releases lack, although they contain the file that it includes. */
function writeShim(work, include) {
  if (existsSync(join(include, 'tensorflow/core', internalHeader))) return;
  const source = ['tsl', 'xla/tsl', 'tensorflow/tsl']
    .map((folder) => `${folder}/${internalHeader}`)
    .find((path) => existsSync(join(include, path)));
  if (!source) throw new Problem(`the headers in ${include} are incomplete: no ${internalHeader}`);
  const shim = join(work, 'shim/tensorflow/core', internalHeader);
  mkdirSync(dirname(shim), { recursive: true });
  writeFileSync(shim, `#include "${source}"\n`);
}
