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

/** Options of `readJournal`. */
export interface ReadJournalOptions {
  /** Whether to wait for new entries after the last one, until unsubscribed. @default false */
  readonly follow?: boolean;
  /** Milliseconds between two reads of the file. @default 250 */
  readonly interval?: number;
  /** Scheduler for `interval`. @default asyncScheduler */
  readonly scheduler?: SchedulerLike;
}

/**
 * Reads the journal of a run, entry by entry.
 *
 *     file            (abc)---(de)------
 *     readJournal     (abc|)                (not followed)
 *     readJournal     (abc)-----(de)----    (followed)
 *
 * Lines that are not entries, such as one that a crash cut off, are skipped. Reads at most a megabyte at a time. A file that does
 * not exist (yet) counts as empty; a file that has become shorter is read from its start. Cold: each subscription reads the file
 * itself.
 *
 * @param path the file, for example `runs/<name>/events.jsonl`
 * @param options whether to follow the file
 * @throws RangeError at call time when `interval` is not a number of at least 0; in the stream the system's error when the file
 *   cannot be read, or an error that says that it is a folder
 *
 * @example
 * ```ts
 * import { readJournal } from 'rx-nvae/run';
 *
 * readJournal('runs/demo/events.jsonl', { follow: true }).subscribe((entry) => {
 *   if (entry.type === 'step') console.log(new Date(entry.time), entry.step, entry.loss);
 * });
 * ```
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

/** Reads complete lines, starting after the last one read. */
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
    /** Whether the last read reached the end of the file. */
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
        const status = await file.stat();
        if (status.isDirectory()) throw new Error(`${path}: is a folder, not a journal; move it away`);
        if (status.size < position) begin();
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
