import { expect, test } from '@jest/globals';
import sharp from 'sharp';
import { processors } from '../../src/base/processors.js';

test('the decoder should take no more threads than the process can keep busy', async () => {
  const before = sharp.concurrency(64);
  try {
    await import('../../src/data/decodeImage.js');
    expect(sharp.concurrency()).toBe(processors().usable);
  } finally {
    sharp.concurrency(before);
  }
});
