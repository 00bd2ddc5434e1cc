/**
 * `rx-nvae/model` in a browser. Without a Chromium this says so and is skipped, unless NVAE_BROWSER_REQUIRED is set, as in CI:
 * apt-get install chromium-headless-shell.
 */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { build, type Metafile, stop } from 'esbuild';
import {
  checkpointFromBytes,
  modelToBytes,
  parseConfig,
  Trainer,
  useEngine,
} from '../../src/entries/model.js';
import { findBrowser } from '../entries/browser/findBrowser.js';
import { openPage, softwareGpu } from '../entries/browser/openPage.js';
import type { Posted } from '../entries/browser/page.js';
import { type Computed, config, sampleAndTrain, wasmFolder } from '../entries/browser/shared.js';
import { useTemporaryFolder } from '../support/temporaryFolder.js';

const inFolder = useTemporaryFolder();
const here = dirname(fileURLToPath(import.meta.url));
let page: { readonly code: string; readonly metafile: Metafile };

beforeAll(async () => {
  const { outputFiles, metafile } = await build({
    entryPoints: [join(here, '../entries/browser/page.ts')],
    alias: { 'rx-nvae/model': join(here, '../../src/entries/browserModel.ts') },
    bundle: true,
    platform: 'browser',
    format: 'esm',
    write: false,
    metafile: true,
  });
  page = { code: outputFiles[0]!.text, metafile };
  await stop();
});

describe('bundle', () => {
  test('should have no module of Node, no RxJS, and nothing that draws on a terminal', () => {
    const inputs = Object.keys(page.metafile.inputs);
    expect(inputs.filter((path) => /node_modules\/(rxjs|ink|react|sharp)\//.test(path))).toEqual([]);
    const imported = Object.values(page.metafile.outputs).flatMap(({ imports }) => imports);
    expect(imported).toEqual([]);
  });

  test('should have the package for WebGPU only because the page imports it', () => {
    const ofWebgpu = /node_modules\/@tensorflow\/tfjs-backend-webgpu\//;
    const importers = Object.entries(page.metafile.inputs)
      .filter(
        ([path, { imports }]) => !ofWebgpu.test(path) && imports.some((each) => ofWebgpu.test(each.path)),
      )
      .map(([path]) => path);
    expect(importers).toEqual(['__tests__/entries/browser/page.ts']);
  });
});

const browser = findBrowser();
if (!browser && process.env.NVAE_BROWSER_REQUIRED) throw new Error('no Chromium is installed');
if (!browser)
  process.stderr.write('browser.test.ts: no Chromium here, so rx-nvae/model is not tried in one\n');

(browser ? describe : describe.skip)('page', () => {
  let model: Uint8Array;
  const open = async (options?: readonly string[]) => {
    const wasm = dirname(
      createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm/package.json'),
    );
    const names = ['tfjs-backend-wasm.wasm', 'tfjs-backend-wasm-simd.wasm'];
    const files = names.map(async (name) => [
      wasmFolder + name,
      { type: 'application/wasm', body: await readFile(join(wasm, 'dist', name)) },
    ]);
    const answers = {
      '/': { type: 'text/html', body: '<!doctype html><script type="module" src="/page.js"></script>' },
      '/page.js': { type: 'text/javascript', body: page.code },
      '/squares.model': { type: 'application/octet-stream', body: model },
      ...Object.fromEntries(await Promise.all(files)),
    };
    return (await openPage(browser!, inFolder('profile'), answers, options)) as Posted;
  };

  beforeAll(async () => {
    await useEngine('wasm');
    const trainer = await Trainer.create(parseConfig(config, { file: 'squares.yaml' }));
    model = await modelToBytes(await trainer.snapshot());
    await trainer.dispose();
  });

  test('should give the images and the training step that Node gives', async () => {
    const { engines, refused, auto, computed } = await open();
    expect(engines).toEqual([
      ['tensorflow', false],
      ['webgpu', false],
      ['native', false],
      ['wasm', true],
      ['cpu', true],
    ]);
    expect(auto).toEqual({ name: 'wasm', warnings: [] });
    expect(Object.keys(computed)).toEqual(['wasm']);
    expect(refused.native?.name).toBe('EngineUnavailableError');
    expect(refused.webgpu?.name).toBe('EngineUnavailableError');
    expect(refused.webgpu?.message).toMatch(/^engine webgpu: .* no GPU for it.*webgpuBackend/);
    await useEngine('wasm');
    await expectSame(computed.wasm!, await sampleAndTrain(model), 1e-6);
    await useEngine('native');
    await expectSame(computed.wasm!, await sampleAndTrain(model), 1e-4);
  }, 120_000);

  test('should give them through WebGPU', async () => {
    const { engines, refused, auto, computed } = await open(softwareGpu);
    expect(engines).toContainEqual(['webgpu', true]);
    expect(auto).toEqual({ name: 'wasm', warnings: [] }); // a software device is slower
    expect(Object.keys(refused)).toEqual(['native']);
    await useEngine('native');
    await expectSame(computed.webgpu!, await sampleAndTrain(model), 1e-4);
  }, 120_000);
});

/** Expects the same images, and the same loss, weights and state of the optimiser after a step; and no tensor left. */
async function expectSame(actual: Computed, expected: Computed, tolerance: number): Promise<void> {
  expect(actual.left).toBe(0);
  expect(expected.values).toHaveLength(3 * 16 * 16 * 3);
  expect(Math.max(...expected.values) - Math.min(...expected.values)).toBeGreaterThan(0.05); // no grey image that anything would give
  expect(largestDifference(actual.values, expected.values)).toBeLessThan(tolerance);
  expect(actual.loss / expected.loss).toBeCloseTo(1, 5);
  const [after, expectedAfter] = await Promise.all(
    [actual, expected].map(({ checkpoint }) => checkpointFromBytes(Uint8Array.from(checkpoint))),
  );
  expect(after!.state).toEqual(expectedAfter!.state);
  expect([...after!.tensors.keys()]).toEqual([...expectedAfter!.tensors.keys()]);
  const apart = [...expectedAfter!.tensors].filter(([name, { data }]) => {
    const largest = Math.max(1, ...[...data].map(Math.abs));
    return !(largestDifference([...after!.tensors.get(name)!.data], [...data]) < 2e-5 * largest);
  });
  expect(apart.map(([name]) => name)).toEqual([]);
}

function largestDifference(a: readonly number[], b: readonly number[]): number {
  return Math.max(...a.map((value, i) => Math.abs(value - (b[i] ?? Number.NaN))));
}
