import { describe, expect, test } from '@jest/globals';
import { EngineFailedError } from '../../../src/engine/engines.js';
import type { Adapter, Device } from '../../../src/engine/webgpu/dawn.js';
import { WatchedDevice } from '../../../src/engine/webgpu/watchedDevice.js';

interface Fake {
  readonly adapter: Adapter;
  readonly report: (error: Error) => void;
  readonly lose: (reason: string) => void;
}

function fakeDevice(): Fake {
  let listener = (_: { error: Error; preventDefault: () => void }) => {};
  let lose: (reason: string) => void = () => undefined;
  const device: Device = {
    limits: {},
    lost: new Promise((resolve) => {
      lose = (reason) => resolve({ reason, message: 'the driver was reset' });
    }),
    addEventListener: (_, heard) => {
      listener = heard;
    },
    destroy: () => undefined,
  };
  const adapter = { info: {}, features: new Set<string>(), limits: {}, requestDevice: async () => device };
  return { adapter, report: (error) => listener({ error, preventDefault: () => undefined }), lose };
}

const aborted = Object.assign(new Error(''), { name: 'AbortError' });
const lost = 'engine webgpu: device lost (unknown): the driver was reset; try again';

describe('WatchedDevice', () => {
  test('should refuse an adapter that gives a lost device', async () => {
    const { adapter, lose } = fakeDevice();
    lose('unknown');
    await expect(WatchedDevice.request(adapter)).rejects.toThrow(
      'device lost (unknown): the driver was reset',
    );
  });

  test('should keep the first error, and advise a smaller batch where memory ran out', async () => {
    class GPUOutOfMemoryError extends Error {}
    const { adapter, report, lose } = fakeDevice();
    const watched = await WatchedDevice.request(adapter);
    expect(() => watched.check()).not.toThrow();
    report(new GPUOutOfMemoryError('vkAllocateMemory failed\n - While calling [Device].CreateBuffer(...)'));
    report(new Error('a later one'));
    lose('unknown');
    expect(() => watched.check()).toThrow(EngineFailedError);
    expect(() => watched.check()).toThrow(
      'engine webgpu: out of memory: vkAllocateMemory failed (in [Device].CreateBuffer); use a smaller batch_size',
    );
  });

  test('should explain a rejected read by the loss that is reported after it', async () => {
    const { adapter, lose } = fakeDevice();
    const watched = await WatchedDevice.request(adapter);
    setTimeout(() => lose('unknown'), 20);
    expect(String(await watched.failureOfRead(aborted))).toContain(lost);
  });

  test('should count a rejected read as a failure even if no loss is reported', async () => {
    const watched = await WatchedDevice.request(fakeDevice().adapter);
    const failure = await watched.failureOfRead(aborted);
    expect(failure).toBeInstanceOf(EngineFailedError);
    expect(String(failure)).toContain('engine webgpu: a result cannot be read: AbortError; try again');
    expect(() => watched.check()).toThrow(EngineFailedError);
  });

  test('should leave mistakes of the caller what they are', async () => {
    const watched = await WatchedDevice.request(fakeDevice().adapter);
    const mistake = new TypeError('no such tensor');
    expect(await watched.failureOfRead(mistake)).toBe(mistake);
    expect(watched.failure).toBeNull();
  });
});
