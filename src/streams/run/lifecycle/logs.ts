/** The logs of a run: its side streams that write to `runs/<name>`. */
import { identity, type MonoTypeOperatorFunction } from 'rxjs';
import { sideStream } from '../../flow/sideStream.js';
import { keepJournal } from '../../journal/keepJournal.js';
import { writeTensorBoard } from '../../tensorboard/writeTensorBoard.js';
import type { TrainEvent } from '../events.js';
import type { Run } from '../opening/run.js';
import type { TrainOptions } from '../trainOptions.js';
import { afterLogs } from './afterLogs.js';

interface Logs {
  /** Writes the TensorBoard log; completes when all of it is written. */
  readonly tensorBoard: MonoTypeOperatorFunction<TrainEvent>;
  /** Writes the journal, with the end or the error of the run. */
  readonly journal: MonoTypeOperatorFunction<TrainEvent>;
  /** Delays the events that guarantee saved data until both logs are on disk. */
  readonly onDisk: MonoTypeOperatorFunction<TrainEvent>;
}

export function logsOf({ paths, writer, flush$, flushed }: Run, { scheduler }: TrainOptions): Logs {
  const { tensorBoard: folder, journal: path } = paths;
  if (folder === null || path === null) return { tensorBoard: identity, journal: identity, onDisk: identity };
  const time = scheduler && { scheduler };
  const tensorBoard = {
    folder,
    append: (bytes: Uint8Array) => writer.append('tensorboard', bytes),
    atOnce: 64,
    flush$,
    ...time,
  };
  const journal = {
    path,
    append: (line: string) => writer.append('journal', Buffer.from(line)),
    atOnce: 1000,
    ...time,
  };
  return {
    tensorBoard: sideStream('tensorboard', (events) => events.pipe(writeTensorBoard(tensorBoard))),
    journal: keepJournal(journal),
    onDisk: afterLogs(flushed),
  };
}
