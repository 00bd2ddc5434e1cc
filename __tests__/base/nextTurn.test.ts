import { expect, jest, test } from '@jest/globals';
import { nextTurn } from '../../src/base/nextTurn.js';

test('should let timers that are due run first', async () => {
  const order: string[] = [];
  setTimeout(() => order.push('timer'), 0);
  const until = performance.now() + 5;
  while (performance.now() < until); // until the timer is due
  await nextTurn();
  await nextTurn();
  order.push('next turn');
  expect(order).toEqual(['timer', 'next turn']);
});

test('should work where there is no setImmediate, as in a browser', async () => {
  const { setImmediate } = globalThis;
  Reflect.deleteProperty(globalThis, 'setImmediate');
  const before = jest.fn();
  try {
    queueMicrotask(before);
    await nextTurn();
  } finally {
    globalThis.setImmediate = setImmediate;
  }
  expect(before).toHaveBeenCalled();
});
