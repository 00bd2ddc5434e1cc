import { describe, expect, test } from '@jest/globals';
import { catchError, defer, NEVER, of, throwError } from 'rxjs';
import { DatasetError } from '../../../../src/data/datasetError.js';
import {
  type AgainWhenReadableOptions,
  againWhenReadable,
  NothingReadError,
} from '../../../../src/streams/run/epochs/againWhenReadable.js';
import { marbles } from '../../../support/marbles.js';

const unread = (gone: boolean) =>
  new NothingReadError({ count: 5, gone, reason: gone ? 'ENOENT: no' : 'EIO: no' });

/** A source that cannot be read for so many times, what was warned of, and how it went on. */
function outage(times: number, gone: boolean, options: Partial<AgainWhenReadableOptions> = {}) {
  const warnings: string[] = [];
  let tries = 0;
  const source$ = defer(() => {
    tries += 1;
    return tries <= times ? throwError(() => unread(gone)) : of('a');
  });
  const again$ = source$.pipe(
    againWhenReadable({
      dataset: 'data',
      stop$: NEVER,
      warn: (message) => warnings.push(message),
      ...options,
    }),
  );
  return { again$, warnings };
}

describe('againWhenReadable', () => {
  test('should pass what comes, and errors of other kinds at once', () => {
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('a-b-#');
      const again$ = source.pipe(againWhenReadable({ dataset: 'data', stop$: NEVER, warn: () => undefined }));
      expectObservable(again$).toBe('a-b-#');
      expectSubscriptions(source.subscriptions).toBe('^---!');
    });
  });

  test('should begin again after 1, 2, 4, ... seconds, and say so', () => {
    const { again$, warnings } = outage(3, false);
    marbles(({ expectObservable }) => expectObservable(again$).toBe('7s (a|)'));
    expect(warnings).toEqual(
      [1, 2, 4].map((s) => `data: none of its 5 images can be read (EIO: no); trying again in ${s} s`),
    );
  });

  test.each<[string, boolean, number | undefined, number]>([
    ['files that are gone', true, undefined, 30],
    ['files that cannot be read', false, undefined, 600],
    ['as long as it is told', false, 5, 5],
    ['not at all', true, 0, 0],
  ])('should end when its patience does: %s', (_, gone, patience, seconds) => {
    const { again$ } = outage(1000, gone, { patience });
    const told$ = again$.pipe(
      catchError((error: unknown) => {
        expect(error).toBeInstanceOf(DatasetError);
        return of((error as Error).message);
      }),
    );
    const reason = gone ? 'ENOENT: no' : 'EIO: no';
    const message = `data: none of its 5 images could be read for ${seconds} s (${reason}); once they are readable, the same command resumes the run`;
    marbles(({ expectObservable }) => {
      expectObservable(told$).toBe(`${seconds}s (a|)`, { a: message });
    });
  });

  test('should wait no longer once it is stopped', () => {
    marbles(({ cold, expectObservable }) => {
      const { again$ } = outage(1, true, { stop$: cold('-----s') });
      expectObservable(again$).toBe('-----(a|)');
    });
  });
});
