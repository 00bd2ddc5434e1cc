/** Finds an installed TensorFlow: its libraries, its headers and its build configuration. Does not run or change it. */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, realpathSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { architectureOf } from './elf.mjs';
import { Problem } from './problem.mjs';

/** The library that exports the C functions; old releases do not have it. */
const libraries = ['libtensorflow_cc.so.2', 'libtensorflow.so.2'];
const frameworkName = 'libtensorflow_framework.so.2';
const headers = ['tensorflow/c/c_api.h', 'tensorflow/c/eager/c_api.h'];
const install = 'python3 -m pip install "tensorflow[and-cuda]" (a GPU) or tensorflow-cpu';

/** Finds TensorFlow in a given folder or through a given Python. */
export function findTensorflow({ python, tensorflow }) {
  return tensorflow === undefined ? byPython(python) : byFolder(resolve(tensorflow), tensorflow);
}

function byFolder(folder, given) {
  if (!existsSync(folder)) throw new Problem(`--tensorflow: there is no folder ${given}`);
  const places = [folder, join(folder, 'tensorflow'), ...sitePackages(folder), join(folder, 'lib')];
  return describe(places, folder);
}

function byPython(python = 'python3') {
  const { executable, places } = askPython(python);
  if (places.length === 0) {
    const remedy = `install it with ${install}, or name another Python with --python, or a folder with --tensorflow`;
    throw new Problem(`${python} (${executable}) has no tensorflow; ${remedy}`);
  }
  return describe(places, places[0]);
}

/** Prints where Python would import TensorFlow from. Does not import it: that is slow and may crash. */
const question = `
import importlib.util, json, sys
spec = importlib.util.find_spec("tensorflow")
places = list(spec.submodule_search_locations or []) if spec else []
print(json.dumps({"executable": sys.executable, "places": places}))
`;

function askPython(python) {
  // Runs from / because Python first looks for modules in the current folder, which may contain a folder named tensorflow.
  const command = /[\\/]/.test(python) ? resolve(python) : python;
  const { error, status, stdout, stderr } = spawnSync(command, ['-c', question], {
    cwd: '/',
    encoding: 'utf8',
  });
  if (error) {
    const why = error.code === 'ENOENT' ? 'was not found' : `cannot be run (${error.code})`;
    throw new Problem(`${python} ${why}; name a Python with --python, or a TensorFlow with --tensorflow`);
  }
  const answer = stdout.trim().split('\n').at(-1) ?? '';
  if (status !== 0 || !answer.startsWith('{')) {
    const last = stderr.trim().split('\n').at(-1) || `it exited with code ${status}`;
    throw new Problem(`${python} failed while looking for tensorflow: ${last}`);
  }
  return JSON.parse(answer);
}

/** Returns the TensorFlow folders of a conda or venv environment. */
function sitePackages(prefix) {
  const lib = join(prefix, 'lib');
  if (!existsSync(lib)) return [];
  const versions = readdirSync(lib).filter((name) => /^python3\.\d+$/.test(name));
  return versions.map((name) => join(lib, name, 'site-packages/tensorflow'));
}

function describe(places, named) {
  const place = places.find((folder) => libraries.some((name) => existsSync(join(folder, name))));
  const about = aboutOf([place, ...places].filter(Boolean));
  if (!place) {
    const isThere = places.some((folder) => existsSync(join(folder, '__init__.py')));
    if (!isThere) throw new Problem(`there is no TensorFlow in ${named}; install it with ${install}`);
    const version = about.version ? ` ${about.version}` : '';
    throw new Problem(
      `TensorFlow${version} in ${named} has no ${libraries[0]}: it is too old, or not for Linux; expected 2.15 or newer`,
    );
  }
  const library = real(place, libraries);
  const near = [place, dirname(library)];
  const framework = near.map((folder) => real(folder, [frameworkName])).find(Boolean);
  if (!framework)
    throw new Problem(`${library} has no ${frameworkName} in the same folder; reinstall TensorFlow`);
  for (const path of [library, framework]) checkArchitecture(path);
  const include = near
    .flatMap((folder) => [join(folder, 'include'), join(dirname(folder), 'include')])
    .find((folder) => headers.every((header) => existsSync(join(folder, header))));
  if (!include)
    throw new Problem(`TensorFlow in ${place} has no C headers (include/${headers[0]}); reinstall it`);
  return { library, framework, include, ...about };
}

function real(folder, names) {
  const name = names.find((candidate) => existsSync(join(folder, candidate)));
  return name && realpathSync(join(folder, name));
}

function checkArchitecture(path) {
  const architecture = architectureOf(path);
  if (architecture === process.arch) return;
  const is = architecture ? `is for ${architecture}` : 'is not a Linux library';
  throw new Problem(`${path} ${is}, and Node is for ${process.arch}; install TensorFlow for ${process.arch}`);
}

/** Returns the versions of TensorFlow and CUDA from pip's or conda's records; null if they do not contain them. */
function aboutOf(places) {
  for (const place of places) {
    const beside = namesIn(dirname(place));
    const info = beside
      .map((name) => /^(?:tensorflow|tf_nightly)\w*-(\d.*)\.dist-info$/.exec(name))
      .find(Boolean);
    const cuda = cudaOfBuild(join(place, 'python/platform/build_info.py'));
    if (info || cuda !== undefined) return { version: info?.[1] ?? null, cuda: cuda ?? null };
    const conda = namesIn(join(dirname(place), 'conda-meta'))
      .map((name) => /^(?:lib)?tensorflow\w*-(\d[^-]*)-(?:cuda(\d+))?/.exec(name))
      .find(Boolean);
    if (conda) return { version: conda[1], cuda: conda[2]?.replace(/(\d)$/, '.$1') ?? null };
  }
  return { version: null, cuda: null };
}

function cudaOfBuild(path) {
  if (!existsSync(path)) return undefined;
  const text = readFileSync(path, 'utf8');
  if (!/'is_cuda_build', True/.test(text)) return null;
  return /'cuda_version', '([\d.]+)'/.exec(text)?.[1] ?? 'unknown';
}

function namesIn(folder) {
  return existsSync(folder) ? readdirSync(folder) : [];
}
