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
  keyedNoise,
  modelFromBytes,
  modelToBytes,
  parseConfig,
  Trainer,
  tf,
  useEngine,
} from '../../src/entries/model.js';
import { findBrowser } from '../entries/browser/findBrowser.js';
import { openPage } from '../entries/browser/openPage.js';
import { config, sampling, wasmFolder } from '../entries/browser/shared.js';
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
});

const browser = findBrowser();
if (!browser && process.env.NVAE_BROWSER_REQUIRED) throw new Error('no Chromium is installed');
if (!browser)
  process.stderr.write('browser.test.ts: no Chromium here, so rx-nvae/model is not tried in one\n');

(browser ? describe : describe.skip)('page', () => {
  test('should give the images that Node gives, and train', async () => {
    await useEngine('wasm');
    const trainer = await Trainer.create(parseConfig(config, { file: 'squares.yaml' }));
    const bytes = await modelToBytes(await trainer.snapshot());
    await trainer.dispose();
    const wasm = createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm/package.json');
    const names = ['tfjs-backend-wasm.wasm', 'tfjs-backend-wasm-simd.wasm'];
    const files = names.map(async (name) => [
      wasmFolder + name,
      { type: 'application/wasm', body: await readFile(join(dirname(wasm), 'dist', name)) },
    ]);
    const got = (await openPage(browser!, inFolder('profile'), {
      '/': { type: 'text/html', body: '<!doctype html><script type="module" src="/page.js"></script>' },
      '/page.js': { type: 'text/javascript', body: page.code },
      '/squares.model': { type: 'application/octet-stream', body: bytes },
      ...Object.fromEntries(await Promise.all(files)),
    })) as Posted;
    expect(got).toMatchObject({
      engine: 'wasm',
      warnings: [],
      left: 0,
      refused: { name: 'EngineUnavailableError' },
    });
    expect(got.engines).toEqual([
      ['tensorflow', false],
      ['webgpu', false],
      ['native', false],
      ['wasm', true],
      ['cpu', true],
    ]);
    const own = await samples(bytes);
    expect(own).toHaveLength(3 * 16 * 16 * 3);
    expect(Math.max(...own) - Math.min(...own)).toBeGreaterThan(0.05); // no grey image that anything would give
    expect(largestDifference(got.values, own)).toBeLessThan(1e-6);
    await useEngine('native');
    expect(largestDifference(got.values, await samples(bytes))).toBeLessThan(1e-4);
    expect(got.loss).toBeGreaterThan(0);
    const checkpoint = await checkpointFromBytes(Uint8Array.from(got.checkpoint));
    expect(checkpoint.state.position.step).toBe(1);
  }, 120_000);
});

interface Posted {
  readonly engines: readonly (readonly [string, boolean])[];
  readonly values: readonly number[];
  readonly loss: number;
  readonly checkpoint: readonly number[];
}

/** The same as the page, on the engine that is in use. */
async function samples(bytes: Uint8Array): Promise<readonly number[]> {
  const model = await modelFromBytes(bytes);
  const { count, temperature, seed } = sampling;
  const images = model.sample(count, temperature, keyedNoise(seed, 'sample', 0));
  const values = [...(await images.data())];
  tf.dispose(images);
  model.dispose();
  return values;
}

function largestDifference(a: readonly number[], b: readonly number[]): number {
  return Math.max(...a.map((value, i) => Math.abs(value - (b[i] ?? Number.NaN))));
}
