/**
 * The tensorflow engine: libtensorflow behind `@tensorflow/tfjs-node-gpu` (CUDA 11) or `@tensorflow/tfjs-node`, the user's own
 * install. What our tests run is the logic of this file with a stand-in for those packages. No test of ours has loaded the real
 * packages, run a kernel of libtensorflow, or used CUDA: libtensorflow could not be downloaded where this was developed.
 *
 * tfjs-node brings its own `@tensorflow/tfjs`. Its registries live on `globalThis`, so with one version of tfjs-core on both
 * sides its backend is known here too; with another version it may not be, which `probe` reports.
 */
import { createRequire } from 'node:module';
import { hasCode, messageOf } from '../../config/errors.js';
import type { EngineLoader, Probe } from '../loader.js';
import * as tf from '../tf.js';
import { keepConstants } from './constants.js';
import { registerTensorflowKernels } from './kernels/register.js';
import type { NodeBackend } from './nodeBackend.js';

const packages = ['@tensorflow/tfjs-node-gpu', '@tensorflow/tfjs-node'] as const;

type Import = (name: string) => Promise<unknown>;

/** tfjs-node 4.22 calls functions that Node 23 removed from `util`. */
export function restoreRemovedUtilities(util: Record<string, unknown>): void {
  util.isNullOrUndefined ??= (value: unknown) => value === null || value === undefined;
  util.isArray ??= Array.isArray;
}

/** An engine loader that imports tfjs-node by the given function. */
export function tensorflowLoader(importPackage: Import = (name) => import(name)): EngineLoader {
  let loaded: Promise<string> | undefined;

  /** tfjs-node makes itself the active backend when it is imported; looking for it must not. */
  async function importKeepingBackend(name: string): Promise<void> {
    const before = tf.engine().backendName;
    await importPackage(name);
    if (before && tf.engine().backendName !== before) await tf.setBackend(before);
  }

  async function load(): Promise<string> {
    restoreRemovedUtilities(createRequire(import.meta.url)('node:util') as Record<string, unknown>);
    const reasons: string[] = [];
    for (const name of packages) {
      try {
        await importKeepingBackend(name);
        return name;
      } catch (error) {
        const missing = hasCode(error, 'ERR_MODULE_NOT_FOUND') && messageOf(error).includes(`'${name}'`);
        reasons.push(missing ? `${name} is not installed` : `${name}: ${messageOf(error).split('\n')[0]}`);
      }
    }
    throw new Error(reasons.join('; '));
  }

  async function probe(): Promise<Probe> {
    try {
      loaded ??= load();
      const name = await loaded;
      const backend = tf.findBackend('tensorflow');
      if (!backend)
        return { usable: false, reason: `${name} was loaded but brought no backend: its tfjs-core differs` };
      const onGpu = Reflect.get(backend, 'isUsingGpuDevice') === true;
      return {
        usable: true,
        description: `libtensorflow of ${name}, ${onGpu ? 'on a GPU' : 'no GPU found'}`,
        forAuto: onGpu,
        ...(!onGpu && { reason: 'it sees no GPU' }),
      };
    } catch (error) {
      return { usable: false, reason: messageOf(error) };
    }
  }

  return {
    name: 'tensorflow',
    backendName: 'tensorflow',
    howToGet: 'npm install @tensorflow/tfjs-node-gpu@4.22.0, and CUDA 11 with cuDNN 8',
    probe,
    register: async () => registerTensorflowKernels(),
    started: (backend) => keepConstants(backend as NodeBackend),
  };
}
