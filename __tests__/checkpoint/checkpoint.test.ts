import { copyFile, mkdtemp, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { loadCheckpoint, saveCheckpoint } from '../../src/checkpoint/checkpoint.js';
import { CheckpointError } from '../../src/checkpoint/checkpointError.js';
import { saveModel } from '../../src/checkpoint/model.js';
import { readModelFile } from '../../src/checkpoint/modelFile.js';
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
      expect.stringMatching(/mine\.checkpoint: not a whole .*going on from .*previous$/),
    ]);
  });

  test('should name file, damage and remedy when both are damaged', async () => {
    for (const step of [1, 2]) await saveCheckpoint(path, smallCheckpoint(step));
    await truncate(path, 20);
    await writeFile(`${path}.previous`, 'no');
    const pattern = /mine\.checkpoint: not a whole .*previous: not a whole .*delete it to start anew/;
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

  test('should refuse a missing file and a model', async () => {
    await expect(loadCheckpoint(path)).rejects.toThrow(/cannot be read: ENOENT/);
    await saveModel(path, smallCheckpoint(1));
    await expect(loadCheckpoint(path)).rejects.toThrow(/expected a checkpoint, got a model/);
  });

  test('should recognise any changed byte, any cut and any extension', async () => {
    await saveCheckpoint(path, smallCheckpoint(1));
    const whole = await readFile(path);
    const flip = fc.record({ at: fc.nat(whole.length - 1), bit: fc.nat(7) });
    const damages = fc.oneof(
      flip.map(({ at, bit }) => {
        const bytes = Buffer.from(whole);
        bytes[at] = (bytes[at] ?? 0) ^ (1 << bit);
        return bytes;
      }),
      fc.nat(whole.length - 1).map((length) => whole.subarray(0, length)),
      fc.uint8Array({ minLength: 1, maxLength: 20 }).map((extra) => Buffer.concat([whole, extra])),
    );
    const check = async (bytes: Buffer) => {
      await writeFile(path, bytes);
      await expect(loadCheckpoint(path)).rejects.toBeInstanceOf(CheckpointError);
    };
    await fc.assert(fc.asyncProperty(damages, check), { numRuns: 300 });
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
