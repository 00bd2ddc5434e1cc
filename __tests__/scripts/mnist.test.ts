/** The digits that results are measured on, as a dataset and as files. */
import { readdir } from 'node:fs/promises';
import { expect, test } from '@jest/globals';
import sharp from 'sharp';
import { mnistDigits } from '../../scripts/mnist/mnistDigits.js';
import { writeMnist } from '../../scripts/mnist/writeMnist.js';
import { itemAt } from '../../src/data/itemsOf.js';
import { useTemporaryFolder } from '../support/temporaryFolder.js';

const inFolder = useTemporaryFolder();
const { signal } = new AbortController();

test('files should have the names and the pixels of the dataset, which are those of the test images', async () => {
  const dataset = await mnistDigits('test');
  const items = await dataset.items(signal, () => undefined);
  expect(items.length).toBe(10_000);
  expect(await writeMnist('test', inFolder('test'), 3)).toBe(3);
  const files = await readdir(inFolder('test'));
  expect(files.sort()).toEqual(['00000.png', '00001.png', '00002.png']);
  for (const [index, name] of files.entries()) {
    expect(itemAt(items, index).name).toBe(name);
    const expected = await dataset.decode({ name }, 28, signal);
    const { data, info } = await sharp(inFolder(`test/${name}`))
      .raw()
      .toBuffer({ resolveWithObject: true });
    expect([info.width, info.height]).toEqual([28, 28]);
    expect([...data].filter((_, i) => i % info.channels === 0)).toEqual([...expected]);
  }
  // the first test digit is a 7: its bar is bright, its background black
  const seven = await dataset.decode(itemAt(items, 0), 28, signal);
  expect([seven[0], seven[8 * 28 + 10]! > 200]).toEqual([0, true]);
});

test('digits should be refused at another size than theirs', async () => {
  const dataset = await mnistDigits('test');
  expect(() => dataset.decode({ name: '00000.png' }, 32, signal)).toThrow(
    'mnist: expected a model of 28 pixels, got 32',
  );
});
