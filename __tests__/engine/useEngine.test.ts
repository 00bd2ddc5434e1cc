import { afterEach, describe, expect, test } from '@jest/globals';
import { chooseEngine, describeEngines } from '../../src/engine/chooseEngine.js';
import {
  EngineSettingError,
  EngineUnavailableError,
  listEngines,
  UnknownEngineError,
  useEngine,
} from '../../src/engine/index.js';
import type { EngineLoader, Probe } from '../../src/engine/loader.js';
import * as tf from '../../src/engine/tf.js';

const works: Probe = { usable: true, description: 'works', forAuto: true };
const missing: Probe = { usable: false, reason: 'it was not built' };

/** An engine of the given name that computes on the cpu backend. */
function fake(name: EngineLoader['name'], probe: Probe, register = async () => {}): EngineLoader {
  return { name, backendName: 'cpu', howToGet: `get ${name}`, probe: async () => probe, register };
}

test('an unknown name is answered with all names and the nearest', async () => {
  await expect(useEngine('natvie')).rejects.toThrow(UnknownEngineError);
  await expect(useEngine('natvie')).rejects.toThrow(/wasm or cpu, got "natvie"; did you mean native\?/);
});

test('what is no name at all is answered so too', async () => {
  await expect(useEngine(JSON.parse('7'))).rejects.toThrow(/^engine: expected auto, .* or cpu, got "7"/);
});

test('switches between engines, and again to the same one', async () => {
  for (const name of ['cpu', 'wasm', 'wasm', 'cpu']) {
    const engine = await useEngine(name);
    expect(engine).toMatchObject({ name, threads: 1 });
    expect(tf.getBackend()).toBe(name);
    const sum = tf.tidy(() => tf.add(tf.tensor1d([1, 2]), 1));
    expect([...(await sum.data())]).toEqual([2, 3]);
    sum.dispose();
  }
});

test('auto takes the first that fits and never cpu', async () => {
  const software: Probe = { ...works, forAuto: false, reason: 'a software device' };
  const among = [fake('webgpu', software), fake('native', works), fake('wasm', works)];
  expect(await chooseEngine('auto', among)).toMatchObject({ name: 'native', warnings: [] });
  const reports = await describeEngines(among);
  expect(reports.map(({ name, chosenByAuto }) => [name, chosenByAuto])).toEqual([
    ['webgpu', false],
    ['native', true],
    ['wasm', false],
  ]);
  expect(reports[0]).toMatchObject({ usable: true, reason: 'a software device' });
  const onlyCpu = [fake('cpu', { ...works, forAuto: false })];
  await expect(chooseEngine('auto', onlyCpu)).rejects.toThrow(EngineUnavailableError);
});

test('auto passes over an engine that is broken with a warning, and over one that is missing without', async () => {
  const broken: Probe = { usable: false, reason: 'it crashes while loading', broken: true };
  const among = [fake('tensorflow', broken), fake('webgpu', missing), fake('native', works)];
  expect(await chooseEngine('auto', among)).toMatchObject({
    name: 'native',
    warnings: ['engine tensorflow: not used: it crashes while loading'],
  });
});

test('auto does not even try an engine that it would not take', async () => {
  const tried = {
    ...fake('tensorflow', works),
    passedOver: () => true,
    probe: () => Promise.reject(missing),
  };
  expect(await chooseEngine('auto', [tried, fake('native', works)])).toMatchObject({ name: 'native' });
});

test('wasm in place of native comes with a warning that says how to get native', async () => {
  const { name, warnings } = await chooseEngine('auto', [fake('native', missing), fake('wasm', works)]);
  expect(name).toBe('wasm');
  expect(warnings).toEqual([
    'using the wasm engine, 6 to 10 times slower than native: it was not built. To get native, get native',
  ]);
});

describe('settings that make no sense', () => {
  const given = { ...process.env };
  afterEach(() => {
    process.env = { ...given };
  });

  test.each(['0', '-1', '1.5', 'abc', '1e1', ' 2', '1025', '٣'])(
    'should be refused: %s threads',
    async (text) => {
      process.env.NVAE_THREADS = text;
      const message = `NVAE_THREADS: must be an integer from 1 to 1024 (got "${text}"); unset it to use all processors`;
      await expect(useEngine('cpu')).rejects.toThrow(message);
      await expect(listEngines()).rejects.toThrow(EngineSettingError);
    },
  );

  test.each(['avx', 'AVX2', 'none', 'neon'])('should be refused: instruction set %s', async (text) => {
    process.env.NVAE_SIMD = text;
    const message = `NVAE_SIMD: must be avx512, avx2 or portable (got "${text}"); unset it`;
    await expect(useEngine('wasm')).rejects.toThrow(message);
    await expect(listEngines()).rejects.toThrow(EngineSettingError);
  });

  test.each(['2', 'off', 'true'])("should be refused: Winograd's convolutions %s", async (text) => {
    process.env.NVAE_WINOGRAD = text;
    const message = `NVAE_WINOGRAD: must be 0 or 1 (got "${text}"); unset it`;
    await expect(useEngine('wasm')).rejects.toThrow(message);
    await expect(listEngines()).rejects.toThrow(EngineSettingError);
  });

  test.each(['GPU', 'cuda', '0'])('should be refused: device %s', async (text) => {
    process.env.NVAE_TENSORFLOW_DEVICE = text;
    const message = `NVAE_TENSORFLOW_DEVICE: must be cpu or gpu (got "${text}"); unset it`;
    await expect(useEngine('wasm')).rejects.toThrow(message);
    await expect(listEngines()).rejects.toThrow(EngineSettingError);
  });

  test('should not be those that are empty', async () => {
    const names = ['NVAE_THREADS', 'NVAE_SIMD', 'NVAE_WINOGRAD', 'NVAE_TENSORFLOW_DEVICE'];
    for (const name of names) process.env[name] = '';
    expect(await useEngine('cpu')).toMatchObject({ name: 'cpu' });
  });
});

test('a probe that finds a setting wrong ends the choice, and wasm does not take its place', async () => {
  const refused = {
    ...fake('native', works),
    probe: () => Promise.reject(new EngineSettingError('no avx512')),
  };
  await expect(chooseEngine('auto', [refused, fake('wasm', works)])).rejects.toThrow('no avx512');
});

test('an engine asked for by name and missing is an error, not another engine', async () => {
  const asked = chooseEngine('native', [fake('native', missing), fake('wasm', works)]);
  await expect(asked).rejects.toThrow(EngineUnavailableError);
  await expect(asked).rejects.toThrow(/engine native.*it was not built.*get native/);
});

test('auto passes over an engine that does not start', async () => {
  const broken = fake('webgpu', works, () => Promise.reject(new Error('device lost')));
  const { name, warnings } = await chooseEngine('auto', [broken, fake('native', works)]);
  expect(name).toBe('native');
  expect(warnings[0]).toMatch(/webgpu.*device lost/);
  await expect(chooseEngine('webgpu', [broken])).rejects.toThrow(/device lost/);
});

test('the report names all engines and leaves the one in use alone', async () => {
  await useEngine('cpu');
  const reports = await listEngines();
  expect(reports.map(({ name }) => name)).toEqual(['tensorflow', 'webgpu', 'native', 'wasm', 'cpu']);
  expect(reports.filter(({ chosenByAuto }) => chosenByAuto)).toHaveLength(1);
  expect(reports.find(({ name }) => name === 'wasm')).toMatchObject({ usable: true, threads: 1 });
  expect(tf.getBackend()).toBe('cpu');
});

test('the cpu engine spreads a nearest-neighbour gradient over all images of a batch', async () => {
  await useEngine('cpu');
  const gradient = tf.tidy(() => {
    const up = (x: tf.Tensor) => tf.sum(tf.square(tf.image.resizeNearestNeighbor(x as tf.Tensor4D, [2, 2])));
    return tf.grad(up)(tf.tensor4d([1, 2, 3], [3, 1, 1, 1]));
  });
  expect([...(await gradient.data())]).toEqual([8, 16, 24]);
  gradient.dispose();
});
