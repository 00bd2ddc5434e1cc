import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { Observable } from 'rxjs';

/**
 * Lines of an input, each emitted when `ready` resolves, so that an endless input is read no faster than it is used.
 *
 *     input        ab-------c|
 *     ready        --r---r---r
 *     inputLines   --a---b---(c|)
 *
 * Unsubscribing stops reading and leaves the input open.
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
