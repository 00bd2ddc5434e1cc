import { createHash } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { permuted } from '../../../src/streams/images/permuted.js';

const upTo = (length: number) => Uint32Array.from({ length }, (_, i) => i);

test.each([
  [1, 0, [4, 7, 2, 0, 3, 6, 1, 9, 8, 5]],
  [1, 1, [2, 3, 7, 9, 1, 5, 0, 6, 4, 8]],
  [7, 3, [6, 8, 0, 7, 4, 2, 3, 1, 9, 5]],
])(
  'permuted should give seed %d and epoch %d the order of every version, so that runs resume',
  (seed, epoch, order) => {
    expect([...permuted(upTo(10), seed, epoch)]).toEqual(order);
    expect(permuted([...upTo(10)], seed, epoch)).toEqual(order);
  },
);

test('permuted should give many values the order of every version', () => {
  const order = permuted(upTo(100_000), 3, 2).join(' ');
  expect(createHash('sha256').update(order).digest('hex').slice(0, 16)).toBe('35f3e5485c15317c');
});
