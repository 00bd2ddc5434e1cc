/**
 * Builds the addon of tfjs-node for the engine tensorflow, against a TensorFlow installed by pip or conda. The
 * libtensorflow that the package downloads by default is from 2022 and needs CUDA 11.2, which does not support current GPUs.
 *
 * Does not modify TensorFlow. Tests the finished addon in a separate process, and replaces a working addon
 * only if the new one works too.
 */
import { copyFileSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { makeWorkFolder } from './build-native/workFolder.mjs';
import { build } from './link-tensorflow/build.mjs';
import { findTensorflow } from './link-tensorflow/findTensorflow.mjs';
import { help, readOptions } from './link-tensorflow/options.mjs';
import { Problem } from './link-tensorflow/problem.mjs';
import { provideTfjsNode } from './link-tensorflow/tfjsNode.mjs';
import { tryAddon } from './link-tensorflow/tryAddon.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

function link(options) {
  if (process.platform !== 'linux')
    throw new Problem('this works on Linux only; elsewhere run "npm install @tensorflow/tfjs-node@4.22.0"');
  const tensorflow = findTensorflow(options);
  const tfjsNode = provideTfjsNode(root, options.package);
  const work = makeWorkFolder(root);
  try {
    const built = build({ root, work, tfjsNode, tensorflow });
    const found = install(built, tfjsNode, tensorflow, work);
    process.stdout.write(`${wordsFor(found, tensorflow, tfjsNode)}\n`);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

function install({ addon, loading }, tfjsNode, { library, cuda }, work) {
  const target = addonOf(tfjsNode);
  const beside = `${target.replace(/\.node$/, '')}-${process.pid}.node`;
  const record = join(tfjsNode, 'lib/linked-tensorflow.json');
  const ours = join(tfjsNode, 'lib/loading.node');
  try {
    mkdirSync(dirname(target), { recursive: true });
    copyFileSync(addon, beside);
    const found = tryAddon(tfjsNode, beside, work);
    writeFileSync(`${record}-${process.pid}`, `${JSON.stringify({ folder: dirname(library), cuda })}\n`);
    copyFileSync(loading, `${ours}-${process.pid}`);
    renameSync(`${ours}-${process.pid}`, ours);
    renameSync(beside, target);
    renameSync(`${record}-${process.pid}`, record);
    return found;
  } catch (error) {
    if (!['EACCES', 'EPERM', 'EROFS'].includes(error.code)) throw error;
    throw new Problem(`${tfjsNode} cannot be written to (${error.code}); run this as the user that owns it`);
  } finally {
    rmSync(beside, { force: true });
  }
}

/** Returns the path where tfjs-node looks for its addon. */
function addonOf(tfjsNode) {
  const require = createRequire(join(tfjsNode, 'package.json'));
  return require('@mapbox/node-pre-gyp').find(join(tfjsNode, 'package.json'));
}

const gpuLine = /Created device \S*GPU:0 .*name: ([^,]+),.*compute capability: ([\d.]+)/;
const complaints = [/(Could not find cuda drivers on your machine)/, /^(?:.*\s)?[EW]\d* .*?\] (.*)/];

function wordsFor({ version, onGpu, library, printed }, { cuda }, tfjsNode) {
  const [, name, capability] = gpuLine.exec(printed) ?? [];
  const lines = printed.split('\n').toReversed();
  const [said] = complaints.flatMap((complaint) => lines.flatMap((line) => complaint.exec(line)?.[1] ?? []));
  const gpu = name ? `${name}, compute capability ${capability}` : onGpu ? 'found' : 'none found';
  return [
    `linked: libtensorflow ${version}, ${cuda ? `built for CUDA ${cuda}` : 'a build without CUDA'}`,
    `library: ${library}`,
    `package: ${tfjsNode}`,
    `GPU: ${gpu}${cuda && !onGpu && said ? ` (libtensorflow: ${said})` : ''}`,
  ].join('\n');
}

// A running child (npm, a compiler, the check) receives Ctrl-C too and exits; then the cleanup above runs.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => {});
try {
  const options = readOptions(process.argv.slice(2));
  if (options.help) process.stdout.write(`${help}\n`);
  else link(options);
} catch (error) {
  if (!(error instanceof Problem)) throw error;
  process.stderr.write(`${error.output}${error.output ? '\n' : ''}link-tensorflow: ${error.message}\n`);
  process.exitCode = 1;
}
