import { afterEach, describe, expect, test } from '@jest/globals';
import { MathBackendCPU } from '@tensorflow/tfjs-backend-cpu';
import { useEngine } from '../../../src/engine/index.js';
import type { Link, PackageName, TensorflowPackage } from '../../../src/engine/tensorflow/findPackage.js';
import { restoreRemovedUtilities, tensorflowLoader } from '../../../src/engine/tensorflow/loader.js';
import * as tf from '../../../src/engine/tf.js';

interface Given {
  readonly onGpu?: boolean;
  readonly name?: PackageName;
  readonly version?: string;
  readonly link?: Link | null;
}

/** Its loading does what importing tfjs-node does: registers a backend and makes it the active one. */
function standIn({ onGpu = false, name = '@tensorflow/tfjs-node', ...given }: Given = {}) {
  const load = () => {
    const more = { isUsingGpuDevice: onGpu, firstUse: false, binding: { TF_Version: '2.21.0' } };
    tf.registerBackend('tensorflow', () => Object.assign(new MathBackendCPU(), more));
    void tf.setBackend('tensorflow');
  };
  return (): TensorflowPackage => ({
    name,
    version: tf.version_core,
    link: null,
    loading: () => null,
    load,
    ...given,
  });
}

const environment = { ...process.env };
afterEach(async () => {
  process.env = { ...environment };
  await useEngine('cpu');
  if (tf.findBackendFactory('tensorflow')) tf.removeBackend('tensorflow');
});

test('auto may take it when it sees a GPU, and trying it leaves the engine in use alone', async () => {
  await useEngine('cpu');
  const probe = await tensorflowLoader(standIn({ onGpu: true })).probe();
  expect(probe).toMatchObject({ usable: true, forAuto: true, description: 'libtensorflow 2.21.0, GPU' });
  expect(tf.getBackend()).toBe('cpu');
});

test('a package for CPUs is usable on one, without a word about GPUs', async () => {
  const probe = await tensorflowLoader(standIn()).probe();
  expect(probe).toMatchObject({ usable: true, forAuto: false, description: 'libtensorflow 2.21.0, CPU' });
  expect(probe).not.toHaveProperty('reason');
  if (process.platform === 'linux') expect(probe).toHaveProperty('forGpu', expect.stringContaining('link'));
});

describe('where there is no GPU', () => {
  test.each([
    ['tfjs-node-gpu', { name: '@tensorflow/tfjs-node-gpu' }, {}, '@tensorflow/tfjs-node-gpu requires one'],
    ['the variable', {}, { NVAE_TENSORFLOW_DEVICE: 'gpu' }, 'NVAE_TENSORFLOW_DEVICE requests one'],
  ] as const)('should be an error when %s asks for it', async (_what, given, variables, why) => {
    Object.assign(process.env, variables);
    const loader = tensorflowLoader(standIn(given));
    const reason = `libtensorflow 2.21.0 finds no GPU, but ${why}; to run on the CPU, set NVAE_TENSORFLOW_DEVICE=cpu`;
    expect(await loader.probe()).toEqual({ usable: false, reason, broken: true });
    await expect(loader.register()).rejects.toThrow(reason);
  });

  test('should be what a user may ask for', async () => {
    process.env.NVAE_TENSORFLOW_DEVICE = 'cpu';
    const probe = await tensorflowLoader(standIn({ name: '@tensorflow/tfjs-node-gpu' })).probe();
    expect(probe).toMatchObject({ usable: true, description: 'libtensorflow 2.21.0, CPU' });
    expect(process.env.CUDA_VISIBLE_DEVICES).toBe('-1');
  });
});

test('what libtensorflow reads is set where the user has not set it', async () => {
  Reflect.deleteProperty(process.env, 'TF_CPP_MIN_LOG_LEVEL');
  process.env.TF_FORCE_GPU_ALLOW_GROWTH = 'false';
  await tensorflowLoader(standIn()).probe();
  expect(process.env).toMatchObject({ TF_CPP_MIN_LOG_LEVEL: '3', TF_FORCE_GPU_ALLOW_GROWTH: 'false' });
  expect(process.env.CUDA_VISIBLE_DEVICES).toBe(environment.CUDA_VISIBLE_DEVICES);
});

test('auto need not try what was linked against a build without CUDA, unless a GPU is asked for', () => {
  const linked = (cuda: string | null) => tensorflowLoader(standIn({ link: { folder: '/opt/tf', cuda } }));
  expect(linked(null).passedOver?.()).toBe(true);
  expect(linked('12.5').passedOver?.()).toBe(false);
  expect(tensorflowLoader(standIn()).passedOver?.()).toBe(false);
  process.env.NVAE_TENSORFLOW_DEVICE = 'gpu';
  expect(linked(null).passedOver?.()).toBe(false);
});

describe('what libtensorflow prints', () => {
  const { heard } = tensorflowLoader();

  test('should give the name of the GPU', () => {
    const printed =
      'I0000 00:00:1.5 12 gpu_device.cc:2020] Created device /job:localhost/replica:0/task:0/device:GPU:0 with 78000 MB ' +
      'memory:  -> device: 0, name: NVIDIA H100 80GB HBM3, pci bus id: 0000:1b:00.0, compute capability: 9.0\n';
    const probe = { usable: true, forAuto: true, description: 'libtensorflow 2.21.0, GPU' } as const;
    const description = 'libtensorflow 2.21.0, NVIDIA H100 80GB HBM3, compute capability 9.0';
    expect(heard?.(probe, printed)).toEqual({ ...probe, description });
  });

  test('should say why there is none', () => {
    const printed = [
      'E0000 00:00:1.5 12 cuda_platform.cc:51] failed call to cuInit: no CUDA-capable device is detected',
      'W0000 00:00:1.6 12 gpu_device.cc:2365] Cannot dlopen some GPU libraries.',
      'I0000 00:00:1.7 12 cpu_feature_guard.cc:227] This TensorFlow binary is optimized',
    ].join('\n');
    const reason = 'it sees no GPU (libtensorflow: Cannot dlopen some GPU libraries.)';
    expect(heard?.({ usable: false, reason: 'it sees no GPU' }, printed)).toEqual({ usable: false, reason });
    const driver =
      'I0000 00:00:1.4 12 cudart_stub.cc:31] Could not find cuda drivers on your machine, GPU will not be used.';
    expect(heard?.({ usable: false, reason: 'no GPU' }, `${driver}\n${printed}`)).toEqual({
      usable: false,
      reason: 'no GPU (libtensorflow: Could not find cuda drivers on your machine)',
    });
    expect(heard?.({ usable: false, reason: 'it sees no GPU' }, '')).toEqual({
      usable: false,
      reason: 'it sees no GPU',
    });
  });
});

test('a missing package is reported with both names', async () => {
  const loader = tensorflowLoader(() => null);
  const reason = 'neither @tensorflow/tfjs-node-gpu nor @tensorflow/tfjs-node is installed';
  expect(loader.missing()).toBe(reason);
  expect(await loader.probe()).toEqual({ usable: false, reason });
});

test.each([
  [
    'of another version',
    { version: '3.21.1' },
    'expected version 4.22.0 (the same as tfjs-core), got 3.21.1',
  ],
  [
    'with another tfjs-core',
    { load: () => ({}) },
    'registered no backend, because it uses another copy of tfjs-core',
  ],
  ['that does not load', { load: () => JSON.parse('no addon') }, 'is not valid JSON'],
])('a package %s says so', async (_what, given, reason) => {
  const find = () => ({ ...standIn()(), ...given });
  const probe = await tensorflowLoader(find).probe();
  expect(probe).toMatchObject({ usable: false, reason: expect.stringContaining(reason) });
});

test('functions that Node 23 removed from util are put back, present ones kept', () => {
  const kept = () => true;
  const util: Record<string, unknown> = { isArray: kept };
  restoreRemovedUtilities(util);
  expect(util.isArray).toBe(kept);
  const isNullOrUndefined = util.isNullOrUndefined as (value: unknown) => boolean;
  expect([null, undefined, 0, ''].map(isNullOrUndefined)).toEqual([true, true, false, false]);
});
