/** Arrays that NumPy wrote (fixtures/arrays/make.py). */
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { ImageChannels } from '../../src/config/types.js';
import { type ArrayLayout, imagePixels } from '../../src/data/arrays/arrayLayout.js';
import type { Dataset } from '../../src/data/dataset.js';
import { datasetAt } from '../../src/data/datasetAt.js';
import { decodedPixels } from '../../src/data/itemPixels.js';
import { itemAt } from '../../src/data/itemsOf.js';
import { useTemporaryFolder } from '../support/temporaryFolder.js';

const inFolder = useTemporaryFolder();
const { signal } = new AbortController();
const fixtures = fileURLToPath(new URL('fixtures/arrays/', import.meta.url));
const expected = JSON.parse(readFileSync(`${fixtures}expected.json`, 'utf8')) as Record<string, number[][]>;

async function readAll(dataset: Dataset, channels: ImageChannels = 1): Promise<number[][]> {
  const items = await dataset.items(signal, () => undefined);
  const images: number[][] = [];
  for (let i = 0; i < items.length; i += 1) {
    const item = itemAt(items, i);
    expect(item.name).toBe(`0000${i}`);
    images.push([...(await decodedPixels(dataset, item, { size: 4, channels }))]);
  }
  await dataset.close?.();
  return images;
}

test.each([
  ['grey.npy', 'grey'],
  ['grey1.npy', 'grey'],
  ['version2.npy', 'grey'],
  ['colour.npy', 'colour'],
  ['colour.npy.gz', 'colour'],
  ['first.npy', 'colour'],
  ['float32.npy', 'colour'],
  ['float32be.npy', 'colour'],
  ['float64.npy', 'colour'],
  ['uint16.npy', 'colour'],
  ['bool.npy', 'bool'],
  ['float16.npy', 'half'],
  ['stored.npz', 'colour'],
  ['deflated.npz', 'colour'],
  ['two.npz/x_train', 'colour'],
  ['two.npz/x_test', 'grey'],
])('%s should be read exactly', async (name, images) => {
  expect(await readAll(await datasetAt(`${fixtures}${name}`), images === 'colour' ? 3 : 1)).toEqual(
    expected[images],
  );
});

describe('one error that names the file', () => {
  const shapes =
    'expected shape [n, height, width], [n, height, width, 1 or 3] or [n, 1 or 3, height, width] of uint8, uint16, bool or float';
  const refusal = async (path: string) => readAll(await datasetAt(path));

  test.each([
    ['bad_fortran.npy', 'its values are in Fortran order; save numpy.ascontiguousarray(images)'],
    ['bad_labels.npy', `${shapes}, got <i8 of shape [5]`],
    ['bad_signed.npy', `${shapes}, got |i1 of shape [5, 4, 4, 3]`],
    ['bad_records.npy', `${shapes}, got records of shape [3]`],
    ['bad_labels.npz', `none of its arrays (labels) is of images: ${shapes}`],
    [
      'two.npz',
      `several of its arrays are of images; give one of them: ${fixtures}two.npz/x_train, ${fixtures}two.npz/x_test`,
    ],
    [
      'bad_range.npy',
      'its values are from 0 to 239 (in 5 of 5 images), but floats must be from 0 (black) to 1 (white); save x / 255, or the values as uint8',
    ],
    ['two.npz/x', 'there is no array of this name; there are x_train, y_train, x_test, y_test'],
  ])('%s', async (name, message) => {
    await expect(refusal(`${fixtures}${name}`)).rejects.toThrow(`${fixtures}${name}: ${message}`);
    await expect(refusal(`${fixtures}${name}`)).rejects.toHaveProperty('name', 'DatasetError');
  });

  test('a file that is cut off', async () => {
    const whole = readFileSync(`${fixtures}colour.npy`);
    await writeFile(inFolder('cut.npy'), whole.subarray(0, -1));
    await expect(refusal(inFolder('cut.npy'))).rejects.toThrow(
      `expected ${whole.length} bytes by its header, got ${whole.length - 1}`,
    );
    await writeFile(inFolder('cut.npy'), whole.subarray(0, 40));
    await expect(refusal(inFolder('cut.npy'))).rejects.toThrow('the file ends within its header');
  });

  test('an array without images, or of objects', async () => {
    const header = (descr: string, shape: string) => {
      const text = `{'descr': '${descr}', 'fortran_order': False, 'shape': (${shape}), }`.padEnd(117);
      return Buffer.from(`\x93NUMPY\x01\0\x76\0${text}\n`, 'latin1');
    };
    await writeFile(inFolder('none.npy'), header('|u1', '0, 36, 40, 3'));
    await expect(refusal(inFolder('none.npy'))).rejects.toThrow(
      `${inFolder('none.npy')}: it has no images (|u1 of shape [0, 36, 40, 3]); `,
    );
    await writeFile(inFolder('objects.npy'), header('|O', '1,'));
    await expect(refusal(inFolder('objects.npy'))).rejects.toThrow(
      'an array of objects (|O of shape [1]), not of numbers; stack the images',
    );
  });

  test('a damaged archive', async () => {
    const damaged = readFileSync(`${fixtures}deflated.npz`);
    damaged.fill(0xff, damaged.indexOf('images.npy') + 12, damaged.indexOf('images.npy') + 40);
    await writeFile(inFolder('damaged.npz'), damaged);
    await expect(refusal(inFolder('damaged.npz'))).rejects.toThrow(`${inFolder('damaged.npz')}: `);
  });
});

/** Writes an array of as many images of 2 x 2 grey floats as there are values, each of one value. */
async function writeFloats(name: string, values: readonly number[]): Promise<string> {
  const head = `{'descr': '<f4', 'fortran_order': False, 'shape': (${values.length}, 2, 2), }`.padEnd(117);
  const start = Buffer.concat([Buffer.from('\x93NUMPY\x01\x00\x76\x00', 'latin1'), Buffer.from(`${head}\n`)]);
  const data = Float32Array.from(values.flatMap((value) => [value, value, value, value]));
  await writeFile(inFolder(name), Buffer.concat([start, Buffer.from(data.buffer)]));
  return inFolder(name);
}

describe('an array of floats of another range should be refused before work starts', () => {
  const listed = async (path: string) => (await datasetAt(path)).items(signal, () => undefined);

  test.each([
    [[0, 0, 0, 255], '0 to 255', 'save x / 255, or the values as uint8'],
    [[0, -1, 0.5, 1], '-1 to 1', 'save (x + 1) / 2'],
    [[0, -0.05, 1.08, 1], '-0.05 to 1.08', 'save numpy.clip(x, 0, 1)'],
    [[0, -2.5, 2, Number.NaN], '-2.5 to 2', 'save (x - x.min()) / (x.max() - x.min())'],
  ])('%p', async (values, range, remedy) => {
    const path = await writeFloats('wrong.npy', values);
    await expect(listed(path)).rejects.toMatchObject({
      name: 'DatasetError',
      message: `${path}: its values are from ${range} (in 4 of 4 images), but floats must be from 0 (black) to 1 (white); ${remedy}`,
    });
  });

  test('with a range that only the last of a hundred images shows', async () => {
    const path = await writeFloats('last.npy', [...new Array<number>(99).fill(0), 255]);
    await expect(listed(path)).rejects.toThrow('from 0 to 255 (in 16 of 100 images)');
  });

  test('but not for NaN, infinity and rounding', async () => {
    const path = await writeFloats('near.npy', [0, Number.NaN, Number.POSITIVE_INFINITY, 1 + 2e-7, 1]);
    expect((await listed(path)).length).toBe(5);
    const nothing = await writeFloats('nan.npy', [Number.NaN, Number.NaN]);
    expect((await listed(nothing)).length).toBe(2);
  });
});

test.each([
  ['2, 3', 'read as 2 grey images of shape [2, 3], because the array has three axes'],
  ['4, 1', 'read as 3 grey images of shape [4, 1], because the array has three axes'],
])('an image saved alone should be read as many grey ones, with a warning: %s', async (sizes, words) => {
  const count = sizes === '2, 3' ? 2 : 3;
  const path = await writeFloats('alone.npy', [0, 0, 1]);
  const bytes = readFileSync(path);
  bytes.write(`(${count}, ${sizes})`, bytes.indexOf('(3, 2, 2)'), 'latin1');
  await writeFile(path, bytes);
  const warnings: string[] = [];
  const dataset = await datasetAt(path);
  expect((await dataset.items(signal, (message) => warnings.push(message))).length).toBe(count);
  const height = sizes.slice(0, 1);
  expect(warnings).toEqual([
    `${path}: ${words}; one colour image needs a leading axis: [1, ${count}, ${height}, 3]`,
  ]);
});

test('single floats outside of 0 to 1 should be damage, and NaN too', () => {
  const layout = {
    count: 1,
    height: 1,
    width: 1,
    channels: 1,
    channelsFirst: false,
    offset: 0,
    littleEndian: true,
  } as const;
  const two = Buffer.from(Float32Array.of(2).buffer);
  expect(() => imagePixels({ ...layout, type: 'f4' }, two)).toThrow(
    'a value is 2; floats are read from 0 (black) to 1 (white)',
  );
  const nan = Buffer.from(Float32Array.of(Number.NaN).buffer);
  expect(() => imagePixels({ ...layout, type: 'f4' }, nan)).toThrow('a value is NaN');
});

test('channels first and last should hold the same image, for any size and type', () => {
  const sizes = fc.integer({ min: 1, max: 6 });
  fc.assert(
    fc.property(
      sizes,
      sizes,
      fc.constantFrom('u1', 'f4', 'f8', 'u2'),
      fc.boolean(),
      fc.infiniteStream(fc.nat(255)),
      (height, width, type, littleEndian, values) => {
        const pixels = [...values.take(height * width * 3)];
        const first = pixels.map(
          (_, i) => pixels[(i % (height * width)) * 3 + Math.floor(i / (height * width))] as number,
        );
        const layout = { count: 1, height, width, channels: 3, type, littleEndian, offset: 0 } as const;
        const read = (channelsFirst: boolean, numbers: readonly number[]) => [
          ...imagePixels({ ...layout, channelsFirst } as ArrayLayout, bytesOf(numbers, type, littleEndian)),
        ];
        expect(read(false, pixels)).toEqual(pixels);
        expect(read(true, first)).toEqual(pixels);
      },
    ),
  );
});

function bytesOf(values: readonly number[], type: string, littleEndian: boolean): Buffer {
  const size = Number({ u1: 1, u2: 2, f4: 4, f8: 8 }[type]);
  const view = new DataView(new ArrayBuffer(values.length * size));
  for (const [i, value] of values.entries()) {
    if (type === 'u1') view.setUint8(i, value);
    else if (type === 'u2') view.setUint16(2 * i, 256 * value, littleEndian);
    else if (type === 'f4') view.setFloat32(4 * i, value / 255, littleEndian);
    else view.setFloat64(8 * i, value / 255, littleEndian);
  }
  return Buffer.from(view.buffer);
}
