/**
 * Imports tfjs-node without its side effects. tfjs-node brings a second copy of tfjs that shares our registries. The copy replaces
 * the registered cpu kernels, gradients and platform with its own, warns about each on the console, and makes its
 * backend the active one.
 */
import * as tf from '../tf.js';
import type { Loading } from './findPackage.js';

/** Calls `load` and restores what it replaced. `load` is synchronous, so nothing else runs in between. */
export async function importBeside(load: () => unknown): Promise<void> {
  const before = tf.engine().backendName;
  const putBack = keepRegistries();
  const { platform, platformName } = tf.env();
  try {
    load();
  } finally {
    putBack();
    if (platform) Object.assign(tf.env(), { platform, platformName });
  }
  if (before && tf.engine().backendName !== before) await tf.setBackend(before);
}

/** Calls the synchronous `load` with its output silenced; `loading`, if present, also silences native libraries. */
export function silently<T>(load: () => T, loading: Loading | null): T {
  const speak = mute(process.stdout, process.stderr);
  loading?.hush();
  try {
    return load();
  } finally {
    loading?.speak();
    speak();
  }
}

/** Saves all kernels of known backends and the gradients of those kernels; returns a function that restores them. */
function keepRegistries(): () => void {
  const kernels = Object.keys(tf.engine().registryFactory).flatMap((name) => tf.getKernelsForBackend(name));
  const names = new Set(kernels.map(({ kernelName }) => kernelName));
  const gradients = [...names].flatMap((name) => tf.getGradient(name) ?? []);
  return () => {
    for (const kernel of kernels) {
      if (tf.getKernel(kernel.kernelName, kernel.backendName) === kernel) continue;
      tf.unregisterKernel(kernel.kernelName, kernel.backendName);
      tf.registerKernel(kernel);
    }
    for (const gradient of gradients) tf.registerGradient(gradient);
  };
}

function mute(...streams: NodeJS.WriteStream[]): () => void {
  const writes = streams.map((stream) => stream.write);
  for (const stream of streams) stream.write = () => true;
  return () => {
    streams.forEach((stream, i) => {
      stream.write = writes[i]!;
    });
  };
}
