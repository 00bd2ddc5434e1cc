/**
 * Importing tfjs-node without its side effects. It brings a second copy of tfjs, which shares the registries of ours: the copy puts
 * its cpu kernels, its gradients and its platform in the place of those in use, warns about each on the console, and makes its
 * backend the active one.
 */
import * as tf from '../tf.js';
import type { Loading } from './findPackage.js';

/** Calls `load`, which is synchronous so that nothing else runs meanwhile, and puts back what it replaced. */
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

/** Calls `load`, which is synchronous, without a word from it, or from libraries where `loading` is there. */
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

/** Remembers all kernels of known backends and the gradients of those kernels. */
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
