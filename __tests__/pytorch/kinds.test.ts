/** Tensors and plain values of every kind, as real PyTorch saved them. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { sourceOf } from '../../src/checkpoint/byteSource.js';
import { isDict, isTensor, type PickleValue } from '../../src/pytorch/pickleValue.js';
import { type TorchFile, torchFileFrom } from '../../src/pytorch/torchFile.js';

type Value = number | boolean | string;
interface Expected {
  readonly dtype: string;
  readonly shape: number[];
  readonly values: Value[];
  readonly as_float32?: Value[];
}

const folder = new URL('../fixtures/pytorch/', import.meta.url);
const bytesOf = (name: string) => readFileSync(fileURLToPath(new URL(name, folder)));
const kinds = JSON.parse(bytesOf('kinds.json').toString()) as {
  readonly tensors: Record<string, Expected>;
  readonly plain: Record<string, unknown>;
};

const open = (name: string) => torchFileFrom(sourceOf(bytesOf(name)), name);

function entry(value: PickleValue, key: string): PickleValue {
  const found = isDict(value) ? value.get(key) : undefined;
  if (found === undefined) throw new Error(`expected an entry ${key}, got none`);
  return found;
}

/** JSON has no NaN, no infinities and no large integers, so these are texts. */
const number = (value: Value) =>
  Number(value === 'nan' ? Number.NaN : value === 'inf' ? Number.POSITIVE_INFINITY : value);

async function valuesOf(
  file: TorchFile,
  { dtype }: Expected,
  tensor: PickleValue,
): Promise<readonly (number | bigint)[]> {
  if (!isTensor(tensor)) throw new Error('expected a tensor');
  return dtype.includes('float')
    ? [...(await file.readFloats(tensor))]
    : [...(await file.readIntegers(tensor))];
}

/** Plain data of the file as JSON would have it. */
function json(value: PickleValue): unknown {
  if (isDict(value)) return Object.fromEntries([...value].map(([key, inner]) => [String(key), json(inner)]));
  if (Array.isArray(value)) return value.map(json);
  return typeof value === 'bigint' ? String(value) : value;
}

describe.each(['kinds.pt', 'kinds_old.pt', 'kinds_big_endian.pt'])('%s', (name) => {
  test.each(Object.entries(kinds.tensors))('should have exactly the values of %s', async (key, expected) => {
    const file = await open(name);
    const tensor = entry(entry(file.content, 'tensors'), key);
    expect(tensor).toMatchObject({ kind: expected.dtype, shape: expected.shape });
    const values = (expected.as_float32 ?? expected.values).map((value) =>
      expected.dtype.includes('float') ? number(value) : BigInt(value),
    );
    // Object.is, which tells 0 from -0 and takes NaN for NaN.
    const got = await valuesOf(file, expected, tensor);
    expect(got.length).toBe(values.length);
    for (const [i, value] of values.entries()) expect(got[i]).toBe(value);
  });

  test('should have the plain values', async () => {
    expect(json(entry((await open(name)).content, 'plain'))).toEqual(kinds.plain);
  });
});

test('another protocol should be refused by its number', async () => {
  await expect(open('kinds_protocol4.pt')).rejects.toThrow(
    /^kinds_protocol4\.pt: its pickle has protocol 4 \(expected 2\); save it again/,
  );
});
