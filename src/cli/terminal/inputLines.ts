import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { Observable } from 'rxjs';

/**
 * The lines of a text that comes in, each when `ready` is: an endless text is read no faster than it is used.
 *
 *     input        ab-------c|
 *     ready        --r---r---r
 *     inputLines   --a---b---(c|)
 *
 * An unsubscribe stops reading and leaves the input open.
 */
export function inputLines(input: Readable, ready: () => Promise<unknown>): Observable<string> {
  return new Observable((subscriber) => {
    const reader = createInterface({ input, terminal: false, crlfDelay: Number.POSITIVE_INFINITY });
    const read = async () => {
      for await (const line of reader) {
        await ready();
        if (subscriber.closed) return;
        subscriber.next(line);
      }
      subscriber.complete();
    };
    read().catch((error) => subscriber.error(error));
    return () => reader.close();
  });
}
