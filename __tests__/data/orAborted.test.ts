import { expect, test } from '@jest/globals';
import { orAborted } from '../../src/data/orAborted.js';

const hanging = () => new Promise<never>(() => undefined);

test('orAborted should give what the work gives, and fail as it does', async () => {
  const { signal } = new AbortController();
  expect(await orAborted(signal, () => 7)).toBe(7);
  await expect(orAborted(signal, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
});

test('orAborted should let a thousand wait for one signal without a warning of Node', async () => {
  const warnings: string[] = [];
  const note = ({ name }: Error) => void warnings.push(name);
  process.on('warning', note);
  const abort = new AbortController();
  const all = Promise.allSettled(Array.from({ length: 1000 }, () => orAborted(abort.signal, hanging)));
  abort.abort(new Error('left'));
  expect(new Set((await all).map(({ status }) => status))).toEqual(new Set(['rejected']));
  await new Promise(setImmediate);
  process.off('warning', note);
  expect(warnings).toEqual([]);
});

test('orAborted should not begin the work after an abort', async () => {
  let begun = false;
  const work = () => {
    begun = true;
  };
  await expect(orAborted(AbortSignal.abort(new Error('left')), work)).rejects.toThrow('left');
  expect(begun).toBe(false);
});
