import { copyFile, mkdtemp, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { regionsOf } from '../../scripts/fuzz/checkpointBytes.js';
import { CheckpointError } from '../../src/checkpoint/checkpointError.js';
import type { FileKind } from '../../src/checkpoint/modelContent.js';
import { readModelFile } from '../../src/checkpoint/readModelFile.js';
import { saveCheckpoint } from '../../src/checkpoint/saveCheckpoint.js';
import { saveModel } from '../../src/checkpoint/saveModel.js';
import { writeModelFile } from '../../src/checkpoint/writeModelFile.js';
import type { ModelConfig } from '../../src/config/types.js';
import { loadCheckpoint } from '../../src/modelFiles/loadCheckpoint.js';
import { smallCheckpoint } from '../support/checkpoints.js';

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nvae-checkpoint-'));
  path = join(folder, 'mine.checkpoint');
});
afterEach(() => rm(folder, { recursive: true }));

describe('checkpoints', () => {
  test('should come back as they were', async () => {
    const checkpoint = smallCheckpoint(3);
    await saveCheckpoint(path, checkpoint);
    expect(await loadCheckpoint(path)).toEqual(checkpoint);
  });

  test('should come back with what was measured on held-out images', async () => {
    const count = fc.nat();
    const records = fc.record({
      epoch: count,
      images: fc.string(),
      best: fc.option(
        fc.record({
          bitsPerDimension: fc.double({ noNaN: true, noDefaultInfinity: true }),
          epoch: count,
          step: count,
        }),
      ),
    });
    await fc.assert(
      fc.asyncProperty(records, async (validation) => {
        const checkpoint = { ...smallCheckpoint(3), validation };
        await saveCheckpoint(path, checkpoint);
        // JSON has one zero
        expect(JSON.stringify((await loadCheckpoint(path)).validation)).toBe(JSON.stringify(validation));
      }),
      { numRuns: 20 },
    );
  });

  test('should be refused where what was measured is damaged', async () => {
    const validation = { epoch: 1, images: 'i', best: { bitsPerDimension: 'low', epoch: 1, step: 1 } };
    await saveCheckpoint(path, { ...smallCheckpoint(3), validation: validation as never });
    const problem = 'invalid "validation.best.bitsPerDimension" in its metadata: expected a number';
    await expect(loadCheckpoint(path)).rejects.toThrow(problem);
  });

  test('should make missing folders', async () => {
    const deeper = join(folder, 'a', 'b', 'mine.checkpoint');
    await saveCheckpoint(deeper, smallCheckpoint(3));
    expect((await loadCheckpoint(deeper)).state.position.step).toBe(3);
  });

  test('should keep the one before and leave nothing else', async () => {
    for (const step of [1, 2, 3]) await saveCheckpoint(path, smallCheckpoint(step));
    expect((await readModelFile(path)).metadata.get('step')).toBe('3');
    expect((await readModelFile(`${path}.previous`)).metadata.get('step')).toBe('2');
    await expect(stat(`${path}.partial`)).rejects.toThrow('ENOENT');
  });

  test('should fall back with a warning when cut in half', async () => {
    for (const step of [1, 2]) await saveCheckpoint(path, smallCheckpoint(step));
    await truncate(path, Math.floor((await stat(path)).size / 2));
    const warnings: string[] = [];
    const checkpoint = await loadCheckpoint(path, { onWarning: (message) => warnings.push(message) });
    expect(checkpoint.state.position.step).toBe(1);
    expect(warnings).toEqual([
      expect.stringMatching(
        /mine\.checkpoint: no safetensors file, or a damaged one.*using .*previous instead$/,
      ),
    ]);
  });

  test('should name file, damage and remedy when both are damaged', async () => {
    for (const step of [1, 2]) await saveCheckpoint(path, smallCheckpoint(step));
    await truncate(path, 20);
    await writeFile(`${path}.previous`, 'no');
    const pattern =
      /mine\.checkpoint: .*a damaged one.*previous: damaged .*delete it to start from the beginning/;
    await expect(loadCheckpoint(path)).rejects.toThrow(pattern);
    await expect(loadCheckpoint(path)).rejects.toBeInstanceOf(CheckpointError);
  });

  test('should survive a kill between writing and renaming over a damaged file', async () => {
    await saveCheckpoint(path, smallCheckpoint(1));
    await copyFile(path, `${path}.partial`);
    await truncate(path, 5);
    expect((await loadCheckpoint(path)).state.position.step).toBe(1);
  });

  test('should leave the old file whole when the new one cannot be written', async () => {
    await saveCheckpoint(path, smallCheckpoint(1));
    const broken = { ...smallCheckpoint(2), tensors: new Map([['x', brokenTensor()]]) };
    await expect(saveCheckpoint(path, broken)).rejects.toThrow();
    expect((await loadCheckpoint(path)).state.position.step).toBe(1);
  });

  test('should not replace a good one by one that is not finite', async () => {
    await saveCheckpoint(path, smallCheckpoint(1));
    const { tensors, ...rest } = smallCheckpoint(2);
    const broken = { dtype: 'float32' as const, shape: [1], data: Float32Array.of(Number.NaN) };
    const saving = saveCheckpoint(path, { ...rest, tensors: new Map([...tensors, ['x', broken]]) });
    await expect(saving).rejects.toThrow('contains a non-finite value: NaN in "x"');
    expect((await loadCheckpoint(path)).state.position.step).toBe(1);
  });

  test('should refuse a missing file and a model', async () => {
    await expect(loadCheckpoint(path)).rejects.toThrow(/cannot be read: ENOENT/);
    await saveModel(path, smallCheckpoint(1));
    await expect(loadCheckpoint(path)).rejects.toThrow(/this is a model, not a checkpoint/);
  });

  test('should refuse a damage of any kind at any kind of place, or go on from the one before', async () => {
    for (const step of [1, 2]) await saveCheckpoint(path, smallCheckpoint(step));
    const whole = await readFile(path);
    const previous = await readFile(`${path}.previous`);
    const check = async (bytes: Buffer) => {
      const warnings: string[] = [];
      const onWarning = (message: string) => warnings.push(message);
      await writeFile(path, bytes);
      await rm(`${path}.previous`, { force: true });
      await expect(loadCheckpoint(path, { onWarning })).rejects.toBeInstanceOf(CheckpointError);
      expect(warnings).toEqual([]);
      await writeFile(`${path}.previous`, previous);
      expect(await loadCheckpoint(path, { onWarning })).toEqual(smallCheckpoint(1));
      expect(warnings).toEqual([expect.stringMatching(/^.*mine\.checkpoint: .*; using .*previous instead$/)]);
    };
    await fc.assert(fc.asyncProperty(damaged(whole), check), { numRuns: 300 });
  });

  const changes: [string, string, (content: Json) => unknown][] = [
    ['a configuration that is null', 'config', () => null],
    ['a configuration without a model', 'config', ({ model: _, ...rest }) => rest],
    [
      'a configuration without training',
      'config',
      ({ training: _, ...rest }) => ({ ...rest, training: null }),
    ],
    ['a size of another type', 'config', (config) => ({ ...config, model: { ...config.model, nMix: '3' } })],
    ['an unknown key', 'config', (config) => ({ ...config, note: 1 })],
    ['a name that leads elsewhere', 'config', (config) => ({ ...config, name: '../../elsewhere' })],
    ['a state that is a list', 'state', () => []],
    ['a negative step', 'state', (state) => ({ ...state, position: { ...state.position, step: -1 } })],
    [
      'an epoch beyond counting',
      'state',
      (state) => ({ ...state, position: { ...state.position, epoch: 1e300 } }),
    ],
    ['half an update', 'state', (state) => ({ ...state, optimizerUpdates: 0.5 })],
    ['no seed', 'state', ({ seed: _, ...rest }) => rest],
    ['a data position of null', 'data_position', () => null],
    ['a negative number of images', 'data_position', (position) => ({ ...position, imagesTaken: -8 })],
  ];
  test.each(changes)('should refuse %s, whatever the checksum says', async (_, key, change) => {
    await saveCheckpoint(path, smallCheckpoint(1));
    const { kind, config, tensors, metadata } = await readModelFile(path);
    const content = JSON.stringify(change(JSON.parse(metadata.get(key) ?? '')));
    await writeModelFile(path, {
      kind: kind as FileKind,
      config,
      tensors,
      metadata: { ...Object.fromEntries(metadata), [key]: content },
    });
    await expect(loadCheckpoint(path)).rejects.toThrow(
      /mine\.checkpoint: (its configuration is invalid: |invalid "(state|data_position))/,
    );
    await expect(loadCheckpoint(path)).rejects.toBeInstanceOf(CheckpointError);
  });

  test.each([Number.NaN, Number.POSITIVE_INFINITY])('should refuse a weight of %d', async (value) => {
    await saveCheckpoint(path, smallCheckpoint(1));
    const { config, tensors, metadata } = await readModelFile(path);
    const bad = { dtype: 'float32' as const, shape: [2], data: Float32Array.of(1, value) };
    await writeModelFile(path, {
      kind: 'checkpoint',
      config,
      tensors: new Map([...tensors, ['bad', bad]]),
      metadata: Object.fromEntries(metadata),
    });
    await expect(loadCheckpoint(path)).rejects.toThrow(`contains a non-finite value: ${value} in "bad"`);
  });

  test('should fill in what an older version did not know', async () => {
    const { config, ...rest } = smallCheckpoint(1);
    const { fixedFlows: _, ...model } = config.model;
    await saveCheckpoint(path, { ...rest, config: { ...config, model: model as ModelConfig } });
    expect((await loadCheckpoint(path)).config).toEqual(config);
  });
});

describe('models', () => {
  test('should hold the weights without the optimiser', async () => {
    const { tensors, config } = smallCheckpoint(1);
    await saveModel(path, { tensors, config });
    const file = await readModelFile(path);
    expect(file.kind).toBe('model');
    expect(file.config).toEqual(config);
    expect([...file.tensors.keys()].sort()).toEqual(['bn.num_batches_tracked', 'conv.weight']);
  });
});

/** A tensor whose bytes cannot be had. */
function brokenTensor() {
  return {
    dtype: 'float32' as const,
    shape: [1],
    get data(): Float32Array {
      throw new Error('gone');
    },
  };
}

type Json = Record<string, Record<string, unknown>>;

/** The bytes flipped, cut or extended in a region of the format that is drawn first, so that small ones are met too. */
function damaged(whole: Buffer): fc.Arbitrary<Buffer> {
  const places = fc
    .constantFrom(...[...regionsOf(whole).values()].flat())
    .chain(({ begin, end }) => fc.integer({ min: begin, max: end - 1 }));
  const flipped = fc.tuple(places, fc.nat(7)).map(([at, bit]) => {
    const bytes = Buffer.from(whole);
    bytes[at] = (bytes[at] ?? 0) ^ (1 << bit);
    return bytes;
  });
  const cut = places.map((length) => whole.subarray(0, length));
  const extra = fc.uint8Array({ minLength: 1, maxLength: 20 });
  const extended = fc
    .tuple(fc.oneof(places, fc.constant(whole.length)), extra)
    .map(([at, bytes]) => Buffer.concat([whole.subarray(0, at), bytes, whole.subarray(at)]));
  return fc.oneof(flipped, cut, extended).filter((bytes) => !bytes.equals(whole));
}
