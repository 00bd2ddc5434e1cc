import { expect, test } from '@jest/globals';
import { Queue } from '../../src/base/queue.js';

test('runs calls one at a time, in their order, past one that fails', async () => {
  const queue = new Queue();
  const log: string[] = [];
  const call = (name: string, milliseconds: number) =>
    queue.run(async () => {
      log.push(`${name} begins`);
      await new Promise((resolve) => setTimeout(resolve, milliseconds));
      log.push(`${name} ends`);
      if (name === 'b') throw new Error('b failed');
      return name;
    });
  const results = await Promise.allSettled([call('a', 20), call('b', 5), call('c', 1)]);
  expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  expect(log).toEqual(['a begins', 'a ends', 'b begins', 'b ends', 'c begins', 'c ends']);
});

test('closing lets the running call finish, refuses the waiting ones, and happens once', async () => {
  const queue = new Queue();
  const log: string[] = [];
  const running = queue.run(async () => {
    await new Promise((resolve) => setTimeout(resolve, 10));
    log.push('ran');
  });
  const waiting = queue.run(() => log.push('waited'));
  await new Promise((resolve) => setTimeout(resolve, 1));
  const closed = queue.close(new Error('closed'), () => log.push('freed'));
  await expect(waiting).rejects.toThrow('closed');
  await Promise.all([running, closed, queue.close(new Error('again'), () => log.push('freed again'))]);
  await expect(queue.run(() => 1)).rejects.toThrow('closed');
  expect(log).toEqual(['ran', 'freed']);
});
