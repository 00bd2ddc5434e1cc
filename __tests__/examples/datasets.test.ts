/** The datasets of the examples. */
import { writeFile } from 'node:fs/promises';
import { expect, test } from '@jest/globals';
import { digits } from '../../examples/mnist/digits.js';
import { drawDisc } from '../../examples/own-dataset/drawDisc.js';
import { listItems } from '../../src/data/listItems.js';
import { greys } from '../support/recipes.js';
import { useTemporaryFolder } from '../support/temporaryFolder.js';

const inFolder = useTemporaryFolder();
const { signal } = new AbortController();

test('digits should be the grey images of an IDX file, at their own size only', async () => {
  const header = Buffer.alloc(16);
  for (const [i, value] of [0x0803, 2, 28, 28].entries()) header.writeUInt32BE(value, 4 * i);
  const images = Buffer.concat([Buffer.alloc(784, 1), Buffer.alloc(784, 2)]);
  await writeFile(inFolder('digits'), Buffer.concat([header, images]));
  const dataset = await digits(inFolder('digits'));
  const items = await listItems(dataset, { signal, onWarning: () => undefined });
  expect(items.length).toBe(2);
  const pixels = await dataset.decode({ name: '1' }, 28, signal);
  expect([...pixels]).toEqual(new Array(784).fill(2));
  await expect(dataset.decode({ name: '1' }, 32, signal)).rejects.toThrow(
    'expected a model of 28 pixels, got one of 32',
  );
  await writeFile(inFolder('text'), 'no digits here');
  await expect(digits(inFolder('text'))).rejects.toThrow('expected an IDX file of images, got another file');
});

test('discs should be drawn by their index alone, at any size', () => {
  expect(drawDisc(7, 16)).toEqual(drawDisc(7, 16));
  expect(drawDisc(7, 16)).not.toEqual(drawDisc(8, 16));
  expect(drawDisc(7, 8)).toHaveLength(3 * 8 * 8);
  expect(new Set(greys({ pixels: drawDisc(7, 16) }))).toEqual(new Set([255, (7 * 53) % 200]));
});
