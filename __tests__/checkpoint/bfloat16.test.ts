import { readFile, stat, writeFile } from 'node:fs/promises';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { TensorData } from '../../src/base/plainData.js';
import { modelToBytes } from '../../src/checkpoint/bytes.js';
import { fromBfloat16 } from '../../src/checkpoint/fromBfloat16.js';
import { readModelFile } from '../../src/checkpoint/readModelFile.js';
import { readSafetensorsHeader } from '../../src/checkpoint/readSafetensors.js';
import { saveModel } from '../../src/checkpoint/saveModel.js';
import { toBfloat16 } from '../../src/checkpoint/toBfloat16.js';
import { smallCheckpoint } from '../support/checkpoints.js';
import { useTemporaryFolder } from '../support/temporaryFolder.js';

const inFolder = useTemporaryFolder();
const rounded = (...values: number[]) => [...fromBfloat16(toBfloat16(Float32Array.from(values)))];

/** The nearest value with 8 bits of precision and the exponents of float32, in doubles; ties to an even last bit. */
function nearest(value: number): number {
  if (value === 0 || !Number.isFinite(value)) return value;
  const exponent = Math.max(Math.floor(Math.log2(Math.abs(value))), -126);
  const step = 2 ** (exponent - 7);
  const low = Math.floor(value / step);
  const rest = value / step - low;
  const up = rest > 0.5 || (rest === 0.5 && low % 2 !== 0);
  const result = (up ? low + 1 : low) * step;
  return Math.abs(result) >= 2 ** 128 ? Math.sign(value) * Number.POSITIVE_INFINITY : result;
}

describe('bfloat16', () => {
  test('should be the nearest value, ties to even', () => {
    fc.assert(
      fc.property(fc.float({ noNaN: true }), (value) => {
        const [result] = rounded(value);
        expect(Math.abs(result ?? Number.NaN)).toBe(Math.abs(nearest(value)));
        expect(Object.is(Math.sign(result ?? 0), Math.sign(nearest(value))) || result === 0).toBe(true);
      }),
      { numRuns: 2000 },
    );
    expect(rounded(1 + 2 ** -8, 1 + 3 * 2 ** -8, -(1 + 2 ** -8))).toEqual([1, 1 + 2 ** -6, -1]);
    expect(rounded(-0, 0)).toEqual([-0, 0]);
    expect(rounded(Number.NaN, Number.POSITIVE_INFINITY, 3.4028234663852886e38)).toEqual([
      Number.NaN,
      Number.POSITIVE_INFINITY,
      Number.POSITIVE_INFINITY,
    ]);
    const hidden = new Float32Array(Uint32Array.of(0x7f800001, 0xffffffff).buffer);
    expect([...fromBfloat16(toBfloat16(hidden))]).toEqual([Number.NaN, Number.NaN]);
  });

  test('should come back as every value that it has', () => {
    const all = Uint16Array.from({ length: 2 ** 16 }, (_, i) => i).filter(
      (bits) => (bits & 0x7fff) <= 0x7f80,
    );
    expect(toBfloat16(fromBfloat16(all))).toEqual(all);
  });
});

describe('a model in bfloat16', () => {
  const model = (values: readonly number[]) => {
    const tensors = new Map<string, TensorData>([
      ...smallCheckpoint(3).tensors,
      ['conv.weight', { dtype: 'float32', shape: [values.length], data: Float32Array.from(values) }],
      ['bn.running_mean', { dtype: 'float32', shape: [1], data: Float32Array.of(1 / 3) }],
    ]);
    return { ...smallCheckpoint(3), tensors };
  };

  test('should be read with rounded parameters, exact averages and counters, and the rest as it was', async () => {
    const path = inFolder('x.model');
    const values = fc.array(fc.float({ noNaN: true, min: -(2 ** 100), max: 2 ** 100 }), { maxLength: 9 });
    await fc.assert(
      fc.asyncProperty(values, async (given) => {
        await saveModel(path, model(given), { dtype: 'bfloat16' });
        const { kind, config, tensors } = await readModelFile(path);
        expect([kind, config]).toEqual(['model', smallCheckpoint(3).config]);
        expect(tensors.get('conv.weight')).toEqual({
          dtype: 'float32',
          shape: [given.length],
          data: Float32Array.from(rounded(...given)),
        });
        for (const name of ['bn.running_mean', 'bn.num_batches_tracked'])
          expect(tensors.get(name)).toEqual(model(given).tensors.get(name));
        // Once it is rounded, it stays as it is.
        const bytes = await modelToBytes({ config, tensors }, { dtype: 'bfloat16' });
        expect(Buffer.from(bytes)).toEqual(await readFile(path));
      }),
      { numRuns: 30 },
    );
  });

  test('should store two bytes for each parameter', async () => {
    const ones = model(Array<number>(5000).fill(1));
    for (const [dtype, name] of [
      ['float32', 'F32'],
      ['bfloat16', 'BF16'],
    ] as const) {
      await saveModel(inFolder(dtype), ones, { dtype });
      expect((await readSafetensorsHeader(inFolder(dtype))).tensors.get('conv.weight')?.dtype).toBe(name);
    }
    const [whole, half] = await Promise.all(['float32', 'bfloat16'].map((file) => stat(inFolder(file))));
    expect(Math.abs((whole?.size ?? 0) - (half?.size ?? 0) - 10_000)).toBeLessThan(64);
  });

  test('should be refused if a value is larger than all of bfloat16, or damaged', async () => {
    const large = saveModel(inFolder('large'), model([3.4028234663852886e38]), { dtype: 'bfloat16' });
    await expect(large).rejects.toThrow(
      'contains a value above the largest bfloat16; write the model as float32',
    );
    const nan = () => modelToBytes(model([Number.NaN]), { dtype: 'bfloat16' });
    expect(nan).toThrow('contains a non-finite value: NaN in "conv.weight"');
    const path = inFolder('damaged');
    await saveModel(path, model([1, 2, 3]), { dtype: 'bfloat16' });
    const bytes = await readFile(path);
    await writeFile(path, bytes.fill(bytes.at(-10) === 7 ? 8 : 7, bytes.length - 10, bytes.length - 9));
    await expect(readModelFile(path)).rejects.toThrow(/checksum|finite/);
  });
});
