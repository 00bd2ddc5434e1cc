/** A complete training run as one stream. */
import {
  catchError,
  defer,
  EMPTY,
  finalize,
  merge,
  type Observable,
  Subject,
  takeUntil,
  throwError,
} from 'rxjs';
import { checkNvaeConfig } from '../../config/checkConfig.js';
import { withRunName } from '../../config/runName.js';
import type { NvaeConfig } from '../../config/types.js';
import { fromAbort } from '../flow/fromAbort.js';
import { usingAsync } from '../flow/usingAsync.js';
import { checkTrainOptions } from './checkTrainOptions.js';
import { type TrainEvent, type WarningEvent, warning } from './events.js';
import { runEvents } from './lifecycle/runEvents.js';
import { openRun } from './opening/openRun.js';
import type { Warn } from './opening/run.js';
import { trainOnRanks } from './ranks/trainOnRanks.js';
import { controls } from './state/controls.js';
import { runStore } from './state/runStore.js';
import type { TrainOptions } from './trainOptions.js';

/**
 * Trains a model on a folder of images or a `Dataset`. If the run has a checkpoint, it is resumed from there.
 *
 *     train   s--t--t--t--e-c-p--t--...--f|
 *
 *     s started    t step    e epoch    c checkpoint    p preview    f finished
 *
 * Events: `started`; a `step` after every batch; `epoch`, `checkpoint` and `preview` as the configuration says; `warning` for
 * every problem that does not end the run; `paused` and `resumed` on request; at the end `finished` (the final model is on disk) or
 * `stopped` (the checkpoint is on disk). When `checkpoint`, `finished` or `stopped` is emitted, the logs of all earlier events are
 * on disk.
 *
 * A lock file beside the checkpoint prevents a second run of the same name. A lock without a sign of life for a minute is taken
 * over.
 *
 * With `group`, several processes or threads train one model together; see `TrainOptions.group`.
 *
 * Cold: every subscription is a separate run. It uses the engine set by `useEngine`. At most `prefetch` batches are prepared
 * ahead, and none is lost. Unsubscribing stops after the running step without saving and frees all tensors.
 *
 * @param config a configuration, as `loadConfig` returns it
 * @param options where the run reads and writes, and what controls it
 * @returns the events of the run: plain values, losses in nats per image
 * @throws RangeError at call time when the configuration or an option has a value that is not allowed, or the run's name cannot be a file name
 * @throws TypeError at call time when `dataset` is neither a folder nor a `Dataset`, or `augment` or `loss` is not a function
 * @throws DatasetError in the stream when the dataset has no usable image
 * @throws RunInUseError in the stream when another process is training a run of this name, RunTakenOverError when one takes it over
 * @throws CheckpointError in the stream when the checkpoint belongs to another model, is damaged, or cannot be written
 * @throws GroupError in the stream when the ranks of a group differ in their configuration or dataset, or another rank has failed
 * @throws NonFiniteLossError in the stream after too many steps in a row that were not applied
 *
 * @example
 * await useEngine();
 * const config = await loadConfig('demo');
 * train(config, { dataset: 'photos' }).subscribe((event) => {
 *   if (event.type === 'step') console.log(event.step, event.loss);
 * });
 */
export function train(config: NvaeConfig, options: TrainOptions = {}): Observable<TrainEvent> {
  const named = withRunName(checkNvaeConfig('train', config), options.name);
  checkTrainOptions('train', options);
  const { group } = options;
  if (group && group.size > 1) return trainOnRanks(named, options, group);
  const { group: _, ...alone } = options;
  return defer(() => {
    const store = runStore(named.training);
    // Listen from the start, so that no command is lost while the run is being opened.
    const listening = controls(options).subscribe({ next: store.dispatch, error: store.fail });
    const opening$ = new Subject<WarningEvent>();
    const warn: Warn = (about, message) => opening$.next(warning(about, message));
    const run$ = usingAsync(
      (signal) => openRun(named, alone, { signal, stop$: store.stop$, warn }),
      (run) => {
        opening$.complete();
        return runEvents(run, alone, store).pipe(takeUntil(merge(fromAbort(options.signal), run.lost$)));
      },
      (run) => run.close(),
    ).pipe(
      // An abort while the dataset is being listed is not an error.
      catchError((error) => (isReason(error, options.signal) ? EMPTY : throwError(() => error))),
      finalize(() => opening$.complete()),
    );
    return merge(opening$, run$).pipe(finalize(() => listening.unsubscribe()));
  });
}

function isReason(error: unknown, signal: AbortSignal | undefined): boolean {
  return signal?.aborted === true && error === signal.reason;
}
