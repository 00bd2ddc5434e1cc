import { open } from 'node:fs/promises';
import {
  asyncScheduler,
  concatMap,
  defer,
  EMPTY,
  filter,
  from,
  map,
  type Observable,
  repeat,
  type SchedulerLike,
  timer,
} from 'rxjs';
import { checkAmount } from '../../base/checkNumbers.js';
import { hasCode } from '../../base/errors.js';
import { longTimer } from '../flow/longTimer.js';
import { fromLine, type JournalEntry } from './entry.js';

export interface ReadJournalOptions {
  /** Go on with what is written behind the end, until unsubscribed. @default false */
  readonly follow?: boolean;
  /** Milliseconds between two looks at the file. @default 250 */
  readonly interval?: number;
  /** @default asyncScheduler */
  readonly scheduler?: SchedulerLike;
}

/**
 * A run's journal, entry by entry in bursts of what is there.
 *
 *     file            (abc)---(de)------
 *     readJournal     (abc|)                (not followed)
 *     readJournal     (abc)-----(de)----    (followed)
 *
 * Lines that are no entries, such as one that a crash cut off, are passed over. Memory is bounded by the burst, which is
 * at most a megabyte. A file that does not exist (yet) is an empty one; one that is shorter than it was is read from its
 * start. Cold: each subscription reads by itself.
 *
 * @throws RangeError at call time when `interval` is no number of at least 0
 */
export function readJournal(path: string, options: ReadJournalOptions = {}): Observable<JournalEntry> {
  const { follow = false, interval = 250, scheduler = asyncScheduler } = options;
  checkAmount('readJournal', 'interval', interval);
  return defer(() => {
    const lines = lineReader(path);
    const more = () =>
      lines.atEnd ? (follow ? longTimer(interval, scheduler) : EMPTY) : timer(0, scheduler);
    return defer(() => lines.read()).pipe(
      repeat({ delay: more }),
      concatMap((burst) => from(burst)),
      map(fromLine),
      filter((entry) => entry !== null),
    );
  });
}

const burstBytes = 2 ** 20;

/** Whole lines from where the last ones ended. */
function lineReader(path: string) {
  const decoder = new TextDecoder();
  let position = 0;
  let rest = '';
  let atEnd = false;
  const begin = () => {
    position = 0;
    rest = '';
    decoder.decode();
  };
  return {
    /** Whether the last read has reached the file's end. */
    get atEnd() {
      return atEnd;
    },
    async read(): Promise<string[]> {
      const file = await open(path, 'r').catch((error: unknown) => {
        if (hasCode(error, 'ENOENT')) return null;
        throw error;
      });
      if (!file) {
        begin();
        atEnd = true;
        return [];
      }
      try {
        if ((await file.stat()).size < position) begin();
        const { bytesRead, buffer } = await file.read(new Uint8Array(burstBytes), 0, burstBytes, position);
        position += bytesRead;
        atEnd = bytesRead < burstBytes;
        const lines = (rest + decoder.decode(buffer.subarray(0, bytesRead), { stream: true })).split('\n');
        rest = lines.pop() ?? '';
        return lines;
      } finally {
        await file.close();
      }
    },
  };
}
