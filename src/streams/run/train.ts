/** A whole training run as one stream. */
import { defer, finalize, merge, type Observable, Subject, takeUntil } from 'rxjs';
import { withRunName } from '../../config/runName.js';
import type { NvaeConfig } from '../../config/types.js';
import { fromAbort } from '../flow/fromAbort.js';
import { usingAsync } from '../flow/usingAsync.js';
import { checkTrainOptions } from './checkTrainOptions.js';
import type { TrainEvent, WarningEvent } from './events.js';
import { runEvents } from './lifecycle/runEvents.js';
import { openRun } from './opening/openRun.js';
import { controls } from './state/controls.js';
import { runStore } from './state/runStore.js';
import type { TrainOptions } from './trainOptions.js';

/**
 * Train a model on a folder of images, from the run's checkpoint where there is one.
 *
 *     train   s--t--t--t--e-c-p--t--...--f|
 *
 * Events: `started`, a `step` after every batch, `epoch`, `checkpoint` and `preview` as the configuration says,
 * `warning` for what the run survives, `paused` and `resumed` when asked for, and at the end `finished` (the final model
 * is on disk) or `stopped` (the checkpoint is). A lock beside the checkpoint keeps a second run of the name away; one
 * that has shown no sign of life for a minute is taken over. A thread writes checkpoints and logs, in their order:
 * what is told before `checkpoint`, `finished` or `stopped` is on disk when that is told.
 *
 * Cold: every subscription is a run of its own. It uses the engine that is in use (`useEngine`). Lossless and bounded:
 * at most `prefetch` batches are made ahead. Unsubscribing stops at the next step boundary and only releases; the
 * tensors are gone when the step is finished.
 *
 * @throws RangeError at call time when no files can have the run's name, or a number makes no sense
 * @throws DatasetError, RunInUseError, RunTakenOverError, CheckpointError or NonFiniteLossError in the stream
 */
export function train(config: NvaeConfig, options: TrainOptions = {}): Observable<TrainEvent> {
  const named = withRunName(config, options.name);
  checkTrainOptions('train', options);
  return defer(() => {
    const store = runStore(named.training);
    // From now on: nothing that is asked while the run still opens is lost.
    const listening = controls(options).subscribe({ next: store.dispatch, error: store.fail });
    const opening$ = new Subject<WarningEvent>();
    const warn = (event: WarningEvent) => opening$.next(event);
    const run$ = usingAsync(
      (signal) => openRun(named, options, { signal, stop$: store.stop$, warn }),
      (run) => {
        opening$.complete();
        return runEvents(run, options, store).pipe(takeUntil(merge(fromAbort(options.signal), run.lost$)));
      },
      (run) => run.close(),
    );
    return merge(opening$, run$).pipe(finalize(() => listening.unsubscribe()));
  });
}
