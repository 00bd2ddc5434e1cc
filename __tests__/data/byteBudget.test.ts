import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { nextTurn } from '../../src/base/nextTurn.js';
import { byteBudget } from '../../src/data/byteBudget.js';

/** Work that is finished by hand. */
function work() {
  let started = false;
  let [finish, fail] = [() => {}, () => {}];
  const promise = new Promise<string>((resolve, reject) => {
    finish = () => resolve('done');
    fail = () => reject(new Error('no'));
  });
  const start = () => {
    started = true;
    return promise;
  };
  return { start, isStarted: () => started, finish, fail };
}

describe('byteBudget', () => {
  test('should start work in order, while its bytes fit', async () => {
    const budget = byteBudget(10);
    const [a, b, c, d] = [work(), work(), work(), work()];
    const results = [
      budget.run(6, a.start),
      budget.run(4, b.start),
      budget.run(5, c.start),
      budget.run(1, d.start),
    ];
    const started = async () => {
      await nextTurn();
      return [a, b, c, d].map(({ isStarted }) => isStarted());
    };
    expect(await started()).toEqual([true, true, false, false]);
    b.finish();
    // d would fit, but it is not its turn
    expect(await started()).toEqual([true, true, false, false]);
    a.finish();
    expect(await started()).toEqual([true, true, true, true]);
    c.finish();
    d.finish();
    expect(await Promise.all(results)).toEqual(['done', 'done', 'done', 'done']);
  });

  test('should run work alone that is larger than the limit', async () => {
    const budget = byteBudget(10);
    const [small, large, next] = [work(), work(), work()];
    const results = [budget.run(1, small.start), budget.run(99, large.start), budget.run(1, next.start)];
    await nextTurn();
    expect([small, large, next].map(({ isStarted }) => isStarted())).toEqual([true, false, false]);
    small.finish();
    await nextTurn();
    expect([large, next].map(({ isStarted }) => isStarted())).toEqual([true, false]);
    large.finish();
    next.finish();
    await Promise.all(results);
  });

  test('should go on after work that fails', async () => {
    const budget = byteBudget(1);
    const [failing, next] = [work(), work()];
    const failed = budget.run(1, failing.start);
    const done = budget.run(1, next.start);
    failing.fail();
    await expect(failed).rejects.toThrow('no');
    next.finish();
    expect(await done).toBe('done');
  });

  test('should never exceed the limit, and finish everything', () =>
    fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 0, max: 20 }), { maxLength: 30 }), async (sizes) => {
        const budget = byteBudget(20);
        let [bytes, most] = [0, 0];
        const done = sizes.map((size) =>
          budget.run(size, async () => {
            bytes += size;
            most = Math.max(most, bytes);
            await nextTurn();
            bytes -= size;
            return size;
          }),
        );
        expect(await Promise.all(done)).toEqual(sizes);
        expect(most).toBeLessThanOrEqual(20);
      }),
      { numRuns: 20 },
    ));
});
