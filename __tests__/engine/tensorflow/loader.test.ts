import { afterEach, expect, test } from '@jest/globals';
import { MathBackendCPU } from '@tensorflow/tfjs-backend-cpu';
import { useEngine } from '../../../src/engine/index.js';
import { restoreRemovedUtilities, tensorflowLoader } from '../../../src/engine/tensorflow/loader.js';
import * as tf from '../../../src/engine/tf.js';

/** Does what importing tfjs-node does: registers a backend and makes it the active one. */
function fakePackage(onGpu: boolean) {
  return async (name: string): Promise<unknown> => {
    if (name === '@tensorflow/tfjs-node-gpu') throw new Error(`Cannot find package '${name}'`);
    tf.registerBackend('tensorflow', () =>
      Object.assign(new MathBackendCPU(), { isUsingGpuDevice: onGpu, firstUse: false }),
    );
    await tf.setBackend('tensorflow');
    return {};
  };
}

afterEach(async () => {
  await useEngine('cpu');
  if (tf.findBackendFactory('tensorflow')) tf.removeBackend('tensorflow');
});

test('auto may take it when it sees a GPU', async () => {
  await useEngine('cpu');
  const probe = await tensorflowLoader(fakePackage(true)).probe();
  expect(probe).toMatchObject({ usable: true, forAuto: true });
  expect(tf.getBackend()).toBe('cpu');
});

test('without a GPU it is usable, but not for auto', async () => {
  await useEngine('cpu');
  const probe = await tensorflowLoader(fakePackage(false)).probe();
  expect(probe).toMatchObject({ usable: true, forAuto: false, reason: 'it sees no GPU' });
});

test('a missing package is reported with both names', async () => {
  const absent = async (name: string) => Promise.reject(new Error(`Cannot find package '${name}'`));
  const probe = await tensorflowLoader(absent).probe();
  expect(probe).toMatchObject({ usable: false, reason: expect.stringMatching(/tfjs-node-gpu.*tfjs-node:/) });
});

test('a package with another tfjs-core brings no backend, and that is said', async () => {
  const probe = await tensorflowLoader(async () => ({})).probe();
  expect(probe).toMatchObject({ usable: false, reason: expect.stringContaining('tfjs-core differs') });
});

test('functions that Node 23 removed from util are put back, present ones kept', () => {
  const kept = () => true;
  const util: Record<string, unknown> = { isArray: kept };
  restoreRemovedUtilities(util);
  expect(util.isArray).toBe(kept);
  const isNullOrUndefined = util.isNullOrUndefined as (value: unknown) => boolean;
  expect([null, undefined, 0, ''].map(isNullOrUndefined)).toEqual([true, true, false, false]);
});
