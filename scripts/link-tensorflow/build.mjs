import { spawnSync } from 'node:child_process';
import { copyFileSync, cpSync, existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { causeOf } from '../build-native/causeOf.mjs';
import { findHeaders, findNodeGyp } from '../build-native/findTools.mjs';
import { Problem } from './problem.mjs';

const internalHeader = 'platform/ctstring_internal.h';

/** Compiles the addon of tfjs-node, and ours that helps it to load, in the work folder; gives their paths. */
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
 * The libraries get the names that a linker looks for in a folder of ours: TensorFlow's may not be ours to write to. The addon
 * looks for them by the path where they are, because they look for others (CUDA's) from there; before
 * LD_LIBRARY_PATH, where there may be another TensorFlow.
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
  if (unfit) throw new Problem(`${unfit}: a library cannot be looked for in a path with ":" or "$"; move it`);
  const escaped = folders.join(':').replace(/["'\\\s]/g, '\\$&');
  writeFileSync(join(work, 'link-options'), `--disable-new-dtags -rpath ${escaped}\n`);
  writeShim(work, include);
}

/** Some releases lack this one header, and have what it would include. */
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
