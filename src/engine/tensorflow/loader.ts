/**
 * The tensorflow engine: libtensorflow through `@tensorflow/tfjs-node-gpu` or `@tensorflow/tfjs-node`. The user installs the
 * package, or scripts/link-tensorflow.mjs installs it and builds it against an existing TensorFlow.
 *
 * The package brings its own tfjs. The registries of tfjs are on `globalThis`, so if both sides have the same version, its
 * backend is registered here too.
 */
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { messageOf } from '../../base/errors.js';
import type { ForeignLoader } from '../foreign/foreignLoader.js';
import type { Probe } from '../loader.js';
import { engineSettings } from '../settings.js';
import * as tf from '../tf.js';
import { findPackage, packageNames, type TensorflowPackage } from './findPackage.js';
import { importBeside, silently } from './importBeside.js';
import { registerTensorflowKernels } from './kernels/register.js';
import type { NodeBackend } from './nodeBackend.js';
import { prepareBinding } from './prepareBinding.js';

/** tfjs-node 4.22 calls functions that Node 23 removed from `util`. */
export function restoreRemovedUtilities(util: Record<string, unknown>): void {
  util.isNullOrUndefined ??= (value: unknown) => value === null || value === undefined;
  util.isArray ??= Array.isArray;
}

/** Creates an engine loader for the package that `find` returns. */
export function tensorflowLoader(find: () => TensorflowPackage | null = findPackage): ForeignLoader {
  let loaded: Promise<Loaded> | undefined;
  const load = (how: typeof silently = (work) => work()) => {
    loaded ??= loadPackage(find(), how);
    return loaded;
  };
  return {
    name: 'tensorflow',
    backendName: 'tensorflow',
    howToGet: howToLink(),
    // libtensorflow reports only in its log which GPU it uses, or why it uses none.
    environment: { TF_CPP_MIN_LOG_LEVEL: '0' },
    missing: () => (find() ? null : notInstalled),
    passedOver: () => {
      const { link } = find() ?? {};
      return link?.cuda === null && engineSettings().tensorflowDevice !== 'gpu';
    },
    probe: async () => {
      try {
        return describe(await load());
      } catch (error) {
        return { usable: false, reason: firstLine(messageOf(error)) };
      }
    },
    heard,
    register: async () => {
      const found = describe(await load(silently)); // silent here; the probe process needs the output
      if (!found.usable) throw new Error(found.reason);
      registerTensorflowKernels();
    },
    started: (backend) => prepareBinding(backend as NodeBackend),
  };
}

const notInstalled = `neither ${packageNames.join(' nor ')} is installed`;

interface Loaded {
  readonly package: TensorflowPackage;
  readonly backend: NodeBackend;
  /** Path of libtensorflow; null if the system does not provide it. */
  readonly library: string | null;
}

async function loadPackage(found: TensorflowPackage | null, how: typeof silently): Promise<Loaded> {
  if (!found) throw new Error(notInstalled);
  const { name, version, load } = found;
  if (version !== tf.version_core)
    throw new Error(`${name}: expected version ${tf.version_core} (the same as tfjs-core), got ${version}`);
  prepareEnvironment();
  const loading = found.loading();
  await importBeside(() => how(load, loading));
  loading?.letGo();
  const backend = tf.findBackend('tensorflow') as NodeBackend | null;
  if (!backend)
    throw new Error(`${name} loaded but registered no backend, because it uses another copy of tfjs-core`);
  return { package: found, backend, library: loadedLibrary() };
}

/** Sets variables that libtensorflow reads when it is loaded; values set by the user are kept. */
function prepareEnvironment(): void {
  restoreRemovedUtilities(createRequire(import.meta.url)('node:util') as Record<string, unknown>);
  process.env.TF_CPP_MIN_LOG_LEVEL ??= '3';
  process.env.TF_FORCE_GPU_ALLOW_GROWTH ??= 'true';
  // The default depends on the processor's name; without oneDNN, a step takes 1.1 to 1.4 times as long.
  process.env.TF_ENABLE_ONEDNN_OPTS ??= '1';
  // With the C library's allocator, memory that is freed and allocated at every step keeps growing.
  process.env.TF_CPU_ALLOCATOR_USE_BFC ??= 'true';
  if (engineSettings().tensorflowDevice === 'cpu') process.env.CUDA_VISIBLE_DEVICES = '-1';
}

function loadedLibrary(): string | null {
  const maps = '/proc/self/maps';
  if (!existsSync(maps)) return null;
  const paths = readFileSync(maps, 'utf8').match(/(?<= )\/.*\/libtensorflow(?:_cc)?\.so\S*/g);
  return paths?.[0] ?? null;
}

function describe(loaded: Loaded): Probe {
  const { backend, library } = loaded;
  const version = backend.binding.TF_Version;
  const onGpu = backend.isUsingGpuDevice;
  const asked = asksForGpu(loaded);
  if (asked && !onGpu) {
    const wayOut = 'to run on the CPU, set NVAE_TENSORFLOW_DEVICE=cpu';
    const reason = `libtensorflow ${version} finds no GPU, but ${asked}; ${wayOut}`;
    return { usable: false, reason, broken: true };
  }
  return {
    usable: true,
    description: `libtensorflow ${version}, ${onGpu ? 'GPU' : 'CPU'}`,
    forAuto: onGpu,
    ...(library && { library }),
    ...(!onGpu && process.platform === 'linux' && { forGpu: remedy() }),
  };
}

/** Returns how to give the engine a GPU if it works without one. */
function remedy(): string {
  return engineSettings().tensorflowDevice === 'cpu' ? 'unset NVAE_TENSORFLOW_DEVICE' : howToLink();
}

/** Returns what requires a GPU, or null. */
function asksForGpu({ package: { name, link }, library }: Loaded): string | null {
  const { tensorflowDevice } = engineSettings();
  if (tensorflowDevice) return tensorflowDevice === 'gpu' ? 'NVAE_TENSORFLOW_DEVICE requests one' : null;
  if (link && library && dirname(library) === link.folder)
    return link.cuda ? `it is built for CUDA ${link.cuda}` : null;
  return name === '@tensorflow/tfjs-node-gpu' ? `${name} requires one` : null;
}

const gpuLine = /Created device \S*GPU:0 .*name: ([^,]+),.*compute capability: ([\d.]+)/;
const complaints = [/(Could not find cuda drivers on your machine)/, /^(?:.*\s)?[EW]\d* .*?\] (.*)/];

/** Adds information that libtensorflow printed: the name of the GPU, or why it does not use one. */
function heard(probe: Probe, printed: string): Probe {
  const [, gpu, capability] = gpuLine.exec(printed) ?? [];
  if (probe.usable) {
    if (!gpu) return probe;
    const description = probe.description.replace(/GPU$/, `${gpu}, compute capability ${capability}`);
    return { ...probe, description };
  }
  const lines = printed.split('\n').toReversed();
  const said = complaints.flatMap((complaint) => lines.flatMap((line) => complaint.exec(line)?.[1] ?? []));
  return said.length > 0 ? { ...probe, reason: `${probe.reason} (libtensorflow: ${said[0]})` } : probe;
}

function firstLine(text: string): string {
  return text.split('\n')[0]!.trim();
}

/** Returns how to install the engine on this system. */
function howToLink(): string {
  if (process.platform !== 'linux') return 'npm install @tensorflow/tfjs-node@4.22.0 (CPU)';
  const root = fileURLToPath(new URL('../../../', import.meta.url));
  const script = root.split(sep).includes('node_modules')
    ? 'node node_modules/rx-nvae/scripts/link-tensorflow.mjs'
    : 'npm run link:tensorflow';
  return `python3 -m pip install "tensorflow[and-cuda]", then ${script} (docs/engines.md has more)`;
}
