/** Work that is replayed must be the same work. */
import { beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { BufferPool } from '../../../src/engine/native/bufferPool.js';
import { nativeBackend } from '../../../src/engine/native/inUse.js';
import { type Inputs, Replays } from '../../../src/engine/replays.js';
import * as tf from '../../../src/engine/tf.js';
import { useTestEngine } from '../../support/engine.js';

useTestEngine();

let run: ReturnType<typeof jest.spyOn>;
beforeAll(() => {
  run = jest.spyOn(nativeBackend()!.addon, 'runProgram');
});
beforeEach(() => {
  run.mockClear();
});

type Work = (x: tf.Tensor, inputs: Inputs<number>) => tf.Tensor;

/** Runs the work with the contexts 1, 2, ... and returns the first value of each result. */
async function valuesOf(times: number, work: Work): Promise<number[]> {
  const replays = new Replays<number, null>();
  const values: number[] = [];
  for (let i = 1; i <= times; i++) {
    const outcome = replays.run('key', i, [], (inputs) => {
      const result = tf.tidy(() => {
        const x = inputs.tensor((context) => tf.tensor1d([context, context]));
        return work(x, inputs);
      });
      return { tensors: [result], details: null };
    });
    values.push((await outcome.tensors[0]!.data())[0]!);
    tf.dispose([...outcome.tensors]);
  }
  return values;
}

describe('replays', () => {
  test('should see new inputs each time', async () => {
    expect(await valuesOf(5, (x) => tf.mul(tf.square(x), 2))).toEqual([2, 8, 18, 32, 50]);
    expect(run).toHaveBeenCalledTimes(3);
  });

  test('should not repeat a number that changes, whether in a tensor or in the call of a kernel', async () => {
    let i = 0;
    expect(await valuesOf(4, (x) => tf.mul(x, ++i))).toEqual([1, 4, 9, 16]);
    i = 0;
    expect(await valuesOf(4, (x) => tf.clipByValue(x, 0, ++i / 2))).toEqual([0.5, 1, 1.5, 2]);
    expect(run).not.toHaveBeenCalled();
  });

  test('should not be made of work that reads values or computes in JavaScript', async () => {
    expect(await valuesOf(4, (x) => tf.mul(x, x.dataSync()[0]!))).toEqual([1, 4, 9, 16]);
    expect(await valuesOf(4, (x) => tf.cumsum(x))).toEqual([1, 2, 3, 4]);
    expect(run).not.toHaveBeenCalled();
  });

  test('should notice that a tensor from outside was replaced, and see one that changed in place', async () => {
    const before = tf.tensor1d([1, 1]); // shares the first memory of the variable, and keeps it alive
    const outside = tf.variable(before);
    let i = 0;
    const work: Work = (x) => {
      i += 1;
      return tf.mul(x, outside);
    };
    const replays = new Replays<number, null>();
    const next = async (context: number) => {
      const { tensors } = replays.run('key', context, [outside], (inputs) => ({
        tensors: [
          tf.tidy(() =>
            work(
              inputs.tensor((c) => tf.tensor1d([c, c])),
              inputs,
            ),
          ),
        ],
        details: null,
      }));
      const [value] = await tensors[0]!.data();
      tf.dispose([...tensors]);
      return value;
    };
    expect([await next(1), await next(2), await next(3)]).toEqual([1, 2, 3]);
    expect(i).toBe(2);
    nativeBackend()!.ownFloats(outside).fill(5);
    expect([await next(4), await next(5)]).toEqual([20, 25]); // its own memory since then, so it is recorded once more
    expect(i).toBe(3);
    tf.tidy(() => outside.assign(tf.tensor1d([7, 7])));
    expect([await next(6), await next(7)]).toEqual([42, 49]);
    expect(i).toBe(4);
    tf.dispose([before, outside]);
  });

  test('should not read a tensor from outside that was not named', async () => {
    const hidden = tf.tensor1d([1, 1]);
    expect(await valuesOf(4, (x) => tf.mul(x, hidden))).toEqual([1, 2, 3, 4]);
    expect(run).not.toHaveBeenCalled();
    hidden.dispose();
  });

  test('should stop recording after an error', () => {
    const replays = new Replays<number, null>();
    const fail = () =>
      replays.run('key', 1, [], () => {
        throw new Error('no');
      });
    expect(fail).toThrow('no');
    expect(fail).toThrow('no');
  });
});

test('a certain part of the pool should be free until it is claimed, and again when it is given back', () => {
  const pool = new BufferPool(nativeBackend()!.addon.misalignment);
  const [a, b, c] = [pool.take(640), pool.take(6400), pool.take(640)];
  pool.give(b);
  expect([pool.isFree(a), pool.isFree(b), pool.isFree(c)]).toEqual([false, true, false]);
  const middle = { ...b, offset: b.offset + 640, bytes: 1280 };
  const before = pool.statistics();
  pool.claim(middle);
  expect([pool.isFree(b), pool.isFree(middle), pool.isFree({ ...b, bytes: 640 })]).toEqual([
    false,
    false,
    true,
  ]);
  expect(pool.statistics().liveBytes).toBe(before.liveBytes + 1280);
  expect(pool.take(1280).offset).toBe(b.offset + 1920);
  pool.give(middle);
  expect(pool.isFree(middle)).toBe(true);
});
