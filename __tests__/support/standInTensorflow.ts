/** TensorFlow and tfjs-node in a few lines: enough of both to be found, compiled, linked and loaded. */
import { execFileSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

async function write(folder: string, files: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), text);
  }
}

/** Writes the Python package. Its libraries need one from a neighbouring package, as in CUDA builds. */
export async function writeTensorflow(packages: string, files: Readonly<Record<string, string>> = {}) {
  const folder = join(packages, 'tensorflow');
  await write(packages, { 'tensorflow-2.99.0.dist-info/METADATA': 'Version: 2.99.0\n' });
  await write(folder, {
    '__init__.py': 'raise SystemError("imported")\n',
    'include/tensorflow/c/c_api.h': 'extern "C" const char* TF_Version(void);\n',
    'include/tensorflow/c/eager/c_api.h': '',
    'include/tsl/platform/ctstring_internal.h': '#define HAS_STRINGS 1\n',
    'python/platform/build_info.py':
      "build_info = collections.OrderedDict([('cuda_version', '12.5.1'), ('is_cuda_build', True)])\n",
    ...files,
  });
  return folder;
}

/** Compiles the libraries of the package. */
export async function compileTensorflow(folder: string, version = '"2.99.0"'): Promise<void> {
  const compile = (name: string, code: string, ...more: string[]) => {
    const to = join(folder, name);
    const soname = `-Wl,-soname,${name.replace(/.*\//, '')}`;
    const args = ['-shared', '-fPIC', '-o', to, soname, '-x', 'c', '-', '-x', 'none', ...more];
    execFileSync(process.env.CC ?? 'cc', args, { input: code });
  };
  const nvidia = join(folder, '../nvidia/lib');
  await mkdir(nvidia, { recursive: true });
  compile('../nvidia/lib/libstandincuda.so.12', 'int cuda_version(void) { return 12; }\n');
  compile('libtensorflow_framework.so.2', 'int framework(void) { return 1; }\n');
  const code = `#include <stdlib.h>
    int cuda_version(void); int framework(void);
    const char* TF_Version(void) { return cuda_version() + framework() == 13 ? ${version} : "?"; }\n`;
  const libraries = [join(nvidia, 'libstandincuda.so.12'), join(folder, 'libtensorflow_framework.so.2')];
  const search = ['-Wl,--no-as-needed', '-Wl,-rpath,$ORIGIN/:$ORIGIN/../nvidia/lib'];
  compile('libtensorflow_cc.so.2', code, ...search, ...libraries);
}

const source = `#include <node_api.h>
#include "tensorflow/c/c_api.h"
#include "tensorflow/core/platform/ctstring_internal.h"
static_assert(HAS_STRINGS == 1 && NAPI_VERSION == 8, "");
NAPI_MODULE_INIT() {
  napi_value version;
  napi_create_string_utf8(env, TF_Version(), NAPI_AUTO_LENGTH, &version);
  napi_set_named_property(env, exports, "TF_Version", version);
  return exports;
}
`;

const main = `const addon = require('@mapbox/node-pre-gyp').find(require.resolve('../package.json'));
const binding = require(addon);
exports.tidy = (f) => f();
exports.tensor1d = exports.scalar = (values) => values;
exports.add = (a, b) => ({ dataSync: () => a.map((value) => value + b) });
exports.backend = () => ({ binding, isUsingGpuDevice: false });
`;

/** Writes tfjs-node to a folder of Node modules. */
export async function writeTfjsNode(modules: string, version = '4.22.0'): Promise<string> {
  const folder = join(modules, '@tensorflow/tfjs-node');
  await write(folder, {
    'package.json': JSON.stringify({ name: '@tensorflow/tfjs-node', version, main: 'dist/index.js' }),
    'dist/index.js': main,
    'binding/tfjs_backend.cc': '',
    'binding/tfjs_binding.cc': source,
  });
  await write(join(modules, '@mapbox/node-pre-gyp'), {
    'package.json': '{ "main": "lib/node-pre-gyp.js" }',
    'lib/node-pre-gyp.js':
      "Object.defineProperty(exports, 'find', { get: () => require('./pre-binding').find });\n",
    'lib/pre-binding.js':
      "exports.find = (path) => require('path').join(path, '../lib/napi-v8/tfjs_binding.node');\n",
  });
  return folder;
}
