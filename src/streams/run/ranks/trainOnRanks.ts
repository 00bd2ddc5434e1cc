import {
  catchError,
  concatMap,
  defer,
  EMPTY,
  filter,
  finalize,
  from,
  identity,
  merge,
  type Observable,
  ReplaySubject,
  Subject,
  takeUntil,
  throwError,
} from 'rxjs';
import type { NvaeConfig } from '../../../config/types.js';
import type { ProcessGroup } from '../../../group/processGroup.js';
import { fromAbort } from '../../flow/fromAbort.js';
import { usingAsync } from '../../flow/usingAsync.js';
import { type TrainEvent, type WarningEvent, warning } from '../events.js';
import { runEvents } from '../lifecycle/runEvents.js';
import { openOnRanks } from '../opening/openOnRanks.js';
import type { Warn } from '../opening/run.js';
import { controls } from '../state/controls.js';
import { runStore } from '../state/runStore.js';
import type { TrainOptions } from '../trainOptions.js';
import { RunAbortedError, runRanks } from './runRanks.js';

/** What ranks other than 0 emit. */
const ownEvents: ReadonlySet<TrainEvent['type']> = new Set(['started', 'finished', 'stopped']);

/**
 * `train` on a rank of a group. What may happen to one rank at any time (a command, a stop, an abort, a failure) takes effect on all of
 * them at their next turn, so that they stay together.
 *
 *     rank 0         s--t--t--w--t--...--f|
 *     other ranks    s-------------------f|       w: a warning of another rank
 */
export function trainOnRanks(
  config: NvaeConfig,
  options: TrainOptions,
  group: ProcessGroup,
): Observable<TrainEvent> {
  const { batchSize } = config.training;
  if (batchSize < group.size) {
    const problem = `training_parameters.batch_size is ${batchSize}, too few for ${group.size} ranks`;
    throw new RangeError(`train: ${problem}; raise it, or start fewer ranks`);
  }
  return defer(() => {
    const store = runStore(config.training);
    const ranks = runRanks(group, store);
    const stopped$ = new ReplaySubject<void>(1);
    const { stop$, signal } = options;
    const obeyed = ranks.speaks ? options : { ...(stop$ && { stop$ }) };
    const listening = controls(obeyed).subscribe({
      next(input) {
        ranks.input(input);
        if (input.type === 'timeUp' || (input.type === 'command' && input.command === 'stop'))
          stopped$.next();
      },
      error: ranks.fail,
    });
    listening.add(fromAbort(signal).subscribe(() => ranks.drop()));
    const opening$ = new Subject<WarningEvent>();
    const warn: Warn = (about, message) => opening$.next(warning(about, message));
    const run$ = usingAsync(
      (signal) => openOnRanks(config, options, { signal, stop$: stopped$, warn, ranks }),
      (run) => {
        opening$.complete();
        listening.add(run.lost$.subscribe({ error: ranks.drop }));
        return runEvents(run, options, store).pipe(takeUntil(ranks.dropped$));
      },
      (run) => run.close(),
    ).pipe(
      catchError((error: unknown) =>
        from(ranks.leave(error)).pipe(
          concatMap(() => (error instanceof RunAbortedError ? EMPTY : throwError(() => error))),
        ),
      ),
      finalize(() => opening$.complete()),
    );
    return merge(opening$, run$).pipe(
      ranks.speaks ? identity : filter(({ type }) => ownEvents.has(type)),
      finalize(() => {
        listening.unsubscribe();
        ranks.abandon();
      }),
    );
  });
}
