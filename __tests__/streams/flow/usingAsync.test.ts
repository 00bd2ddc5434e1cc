import { describe, expect, jest, test } from '@jest/globals';
import {
  concat,
  EMPTY,
  firstValueFrom,
  from,
  NEVER,
  type Observable,
  of,
  range,
  Subject,
  take,
  throwError,
} from 'rxjs';
import { usingAsync } from '../../../src/streams/flow/usingAsync.js';
import { collect, pause } from '../../support/collect.js';
import { settled } from '../../support/settled.js';

/** Notes in order what happens to the stream and to its resource. */
function watched(
  use: () => Observable<unknown>,
  {
    open = async () => 'r',
    close = async () => undefined,
  }: { open?: () => Promise<string>; close?: () => Promise<void> } = {},
) {
  const log: string[] = [];
  const signals: AbortSignal[] = [];
  const stream = usingAsync(
    async (signal) => {
      signals.push(signal);
      log.push('open');
      const resource = await open();
      log.push('opened');
      return resource;
    },
    (resource) => {
      log.push(`use ${resource}`);
      return use();
    },
    async () => {
      log.push('close');
      await close();
      log.push('closed');
    },
  );
  const subscribe = () =>
    stream.subscribe({
      next: (value) => log.push(`${value}`),
      error: (error) => log.push(`# ${error}`),
      complete: () => log.push('|'),
    });
  return { log, signals, stream, subscribe };
}

const slow = () => pause(5);
const failing = async (): Promise<never> => {
  throw 'no';
};

describe('usingAsync', () => {
  test.each([
    ['empty', () => EMPTY, ['|']],
    ['one', () => of(1), ['1', '|']],
    ['many', () => of(1, 2, 3), ['1', '2', '3', '|']],
    [
      'error',
      () =>
        concat(
          of(1),
          throwError(() => 'no'),
        ),
      ['1', '# no'],
    ],
  ])('should open, use, close and then end: %s', async (_, use, events) => {
    const { log, subscribe } = watched(use, { close: slow });
    subscribe();
    const end = events.at(-1) ?? '';
    await settled(() => log.includes(end));
    expect(log).toEqual(['open', 'opened', 'use r', ...events.slice(0, -1), 'close', 'closed', end]);
  });

  test('should open nothing before there is a subscriber, and anew for each', async () => {
    const { log, stream } = watched(() => of(1));
    await pause(5);
    expect(log).toEqual([]);
    await Promise.all([collect(stream), collect(stream)]);
    expect(log.filter((what) => what === 'open')).toHaveLength(2);
    expect(log.filter((what) => what === 'closed')).toHaveLength(2);
  });

  test('should pass an error of opening, with nothing to close', async () => {
    const { log, subscribe } = watched(() => of(1), { open: failing });
    subscribe();
    await settled(() => log.includes('# no'));
    expect(log).toEqual(['open', '# no']);
  });

  test('should close where use throws', async () => {
    const { log, subscribe } = watched(() => {
      throw 'no';
    });
    subscribe();
    await settled(() => log.includes('# no'));
    expect(log).toEqual(['open', 'opened', 'use r', 'close', 'closed', '# no']);
  });

  test('should pass an error of closing, but not in place of one before it', async () => {
    const { log, subscribe } = watched(() => EMPTY, { close: failing });
    subscribe();
    await settled(() => log.includes('# no'));
    expect(log.slice(-2)).toEqual(['close', '# no']);
    const use = () => throwError(() => 'first');
    const second = watched(use, { close: failing });
    second.subscribe();
    await settled(() => second.log.includes('# first'));
    expect(second.log.slice(-2)).toEqual(['close', '# first']);
  });

  test('should pass what close throws before it gives a promise', async () => {
    const close = (): never => {
      throw new Error('no');
    };
    await expect(collect(usingAsync(async () => 1, of, close))).rejects.toThrow('no');
  });

  test('should close at an unsubscribe, once', async () => {
    const { log, signals, subscribe } = watched(() => NEVER);
    const subscription = subscribe();
    await settled(() => log.includes('use r'));
    expect(signals[0]?.aborted).toBe(false);
    subscription.unsubscribe();
    subscription.unsubscribe();
    expect(signals[0]?.aborted).toBe(true);
    await settled(() => log.includes('closed'));
    expect(log).toEqual(['open', 'opened', 'use r', 'close', 'closed']);
  });

  test('should unsubscribe from what uses it before it closes', async () => {
    const used = new Subject<number>();
    const close = jest.fn(async () => {
      expect(used.observed).toBe(false);
    });
    const { subscribe } = watched(() => used, { close });
    const subscription = subscribe();
    await settled(() => used.observed);
    subscription.unsubscribe();
    expect(close).toHaveBeenCalledTimes(1);
    await expect(close.mock.results[0]?.value).resolves.toBeUndefined();
  });

  test('should close what was still opening, without using it', async () => {
    const open = async () => {
      await slow();
      return 'r';
    };
    const { log, signals, subscribe } = watched(() => of(1), { open });
    subscribe().unsubscribe();
    expect(signals[0]?.aborted).toBe(true);
    await settled(() => log.includes('closed'));
    expect(log).toEqual(['open', 'opened', 'close', 'closed']);
  });

  test('should say nothing of an error after an unsubscribe', async () => {
    for (const options of [{ open: failing }, { close: failing }]) {
      const { log, subscribe } = watched(() => NEVER, options);
      subscribe().unsubscribe();
      await pause(5);
      expect(log.filter((what) => what.startsWith('#'))).toEqual([]);
    }
  });

  test('should close once where the end is unsubscribed from at once', async () => {
    const { log, stream } = watched(() => concat(of(1), NEVER));
    expect(await firstValueFrom(stream)).toBe(1);
    await settled(() => log.includes('closed'));
    expect(log.slice(-2)).toEqual(['close', 'closed']);
  });

  test('should end a synchronous stream without an end', async () => {
    const { log, stream } = watched(() => range(0, Number.POSITIVE_INFINITY));
    expect(await collect(stream.pipe(take(3)))).toEqual([0, 1, 2]);
    await settled(() => log.includes('closed'));
    expect(log).toEqual(['open', 'opened', 'use r', 'close', 'closed']);
  });

  test('should use promises and iterables', async () => {
    const nothing = async () => undefined;
    expect(
      await collect(
        usingAsync(
          async () => 1,
          (n) => Promise.resolve(n),
          nothing,
        ),
      ),
    ).toEqual([1]);
    expect(
      await collect(
        from([1]).pipe((s) =>
          usingAsync(
            async () => s,
            (r) => r,
            nothing,
          ),
        ),
      ),
    ).toEqual([1]);
  });
});
