/** The webgpu engine on a device with or without subgroups, which the environment variable WITHOUT_SUBGROUPS takes away. */
import { useEngine } from '../../src/engine/index.js';
import * as tf from '../../src/engine/tf.js';
import { type Dawn, provideNavigator, requestAdapter } from '../../src/engine/webgpu/dawn.js';
import { startBackend, type TfjsPackage } from '../../src/engine/webgpu/startBackend.js';

/** Starts the engine. Returns whether its shaders use subgroups. */
export async function startWebgpu(): Promise<boolean> {
  if (process.env.WITHOUT_SUBGROUPS) await startWithoutSubgroups();
  await useEngine('webgpu');
  const { device } = tf.backend() as unknown as { readonly device: { readonly features: Set<string> } };
  return device.features.has('subgroups');
}

async function startWithoutSubgroups(): Promise<void> {
  const adapter = await requestAdapter((await import('webgpu')) as unknown as Dawn);
  if (!adapter) throw new Error('there is no GPU');
  provideNavigator();
  const features = new Set([...adapter.features].filter((feature) => feature !== 'subgroups'));
  const { info, limits } = adapter;
  const requestDevice: typeof adapter.requestDevice = (descriptor) => adapter.requestDevice(descriptor);
  const backend = (await import('@tensorflow/tfjs-backend-webgpu')) as unknown as TfjsPackage;
  await startBackend({ info, limits, features, requestDevice }, backend);
}
