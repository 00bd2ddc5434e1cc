import { afterEach, expect, test } from '@jest/globals';
import { listEngines, useEngine } from '../../src/engine/browser.js';
import { EngineUnavailableError } from '../../src/engine/index.js';

const navigatorBefore = Object.getOwnPropertyDescriptor(globalThis, 'navigator');

/** Gives this process what a page has as `navigator.gpu`. */
function provide(gpu: object | undefined): void {
  Object.defineProperty(globalThis, 'navigator', { value: { gpu }, configurable: true });
}

const card = {
  requestAdapter: async () => ({
    info: { vendor: 'acme', architecture: 'anvil' },
    features: new Set(),
    limits: {},
  }),
};

const webgpuOf = async () => (await listEngines()).find(({ name }) => name === 'webgpu');

async function messageOf(starting: Promise<unknown>): Promise<string> {
  const error = await starting.then(
    () => null,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(EngineUnavailableError);
  return (error as Error).message;
}

afterEach(() => {
  if (navigatorBefore) Object.defineProperty(globalThis, 'navigator', navigatorBefore);
  else Reflect.deleteProperty(globalThis, 'navigator');
});

const webgpuBackend = async () => ({ WebGPUBackend: class {} });

test('a page without WebGPU gets one error, which says why', async () => {
  provide(undefined);
  expect(await messageOf(useEngine('webgpu', { webgpuBackend }))).toMatch(
    /^engine webgpu: not usable here: there is no WebGPU \(navigator\.gpu\): the browser lacks it, .*https.*\. How to get it: /,
  );
  expect(await webgpuOf()).toMatchObject({ usable: false, chosenByAuto: false });
});

test('a page without a GPU gets one error', async () => {
  provide({ requestAdapter: async () => null });
  expect(await messageOf(useEngine('webgpu', { webgpuBackend }))).toMatch(/no GPU for it\. How to get it: /);
});

test('a page that does not pass the backend is told how, and auto does not use the GPU', async () => {
  provide(card);
  expect(await webgpuOf()).toMatchObject({
    usable: true,
    chosenByAuto: false,
    description: 'acme, anvil',
    reason: expect.stringContaining('webgpuBackend: () => import("@tensorflow/tfjs-backend-webgpu")'),
  });
  expect(await messageOf(useEngine('webgpu'))).toMatch(/the page does not pass webgpuBackend: /);
});

test('a backend that does not load, or is something else, is named', async () => {
  provide(card);
  const failing = () => Promise.reject(new TypeError('Failed to fetch'));
  expect(await messageOf(useEngine('webgpu', { webgpuBackend: failing }))).toMatch(
    /@tensorflow\/tfjs-backend-webgpu does not load: Failed to fetch\. /,
  );
  expect(await messageOf(useEngine('webgpu', { webgpuBackend }))).toMatch(
    /webgpuBackend gave no @tensorflow\/tfjs-backend-webgpu that uses the same copy of @tensorflow\/tfjs-core\. /,
  );
});
