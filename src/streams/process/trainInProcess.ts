/** A training run in a process of its own, watched over and started again where it crashes. */
import { join } from 'node:path';
import {
  asyncScheduler,
  catchError,
  concat,
  defer,
  EMPTY,
  finalize,
  merge,
  type Observable,
  of,
  repeat,
  type SchedulerLike,
  takeUntil,
  tap,
  throwError,
  timer,
} from 'rxjs';
import { withRunName } from '../../config/runName.js';
import type { NvaeConfig } from '../../config/types.js';
import type { Position } from '../../training/trainer.js';
import { aborted } from '../aborted.js';
import { RunCrashedError } from '../errors.js';
import type { CrashEvent, StoppedEvent, TrainEvent } from '../events.js';
import type { RunCommand } from '../run/controls.js';
import { listenForCommands } from './commands.js';
import { describeDeath } from './describeDeath.js';
import type { PlainTrainOptions, ToWorker } from './messages.js';
import { type Death, WorkerDiedError, workerRun } from './workerRun.js';

export interface TrainInProcessOptions extends PlainTrainOptions {
  /** As for `useEngine`. @default 'auto' */
  readonly engine?: string;
  /** Its first value lets the running step finish, writes the checkpoint and completes. @default never */
  readonly stop$?: Observable<unknown>;
  /** What else is asked of the run while it lasts. @default never */
  readonly commands$?: Observable<RunCommand>;
  /** Its abort ends the run at the next step boundary and only releases; the stream completes when that is done. */
  readonly signal?: AbortSignal;
  /** How often a run that crashes without having reached a new checkpoint is started again. @default 3 */
  readonly restarts?: number;
  /** Milliseconds before the first of those, doubled each time. @default 1000 */
  readonly restartDelay?: number;
  /** For delays. @default asyncScheduler */
  readonly scheduler?: SchedulerLike;
  /** For durations, in milliseconds. @default performance */
  readonly clock?: { now(): number };
}

/**
 * The same run as `train`, with the same events, in a child process: what listens stays responsive while a step
 * computes, and a crash of the engine ends the child only.
 *
 *     train            s--t--t--c--t--X
 *     trainInProcess   s--t--t--c--t--x---s--t--t--f|      x: crash, then again from the checkpoint
 *
 * Where the child ends without having been asked to (out of memory, a segmentation fault, kill -9) a `crash` event says
 * so, and it is started again from its last checkpoint, so that step numbers go back to that; the steps are the same.
 * Where the parent ends, the child stops by itself, with a checkpoint. Cold: every subscription is a run of its own.
 * Unsubscribing asks the child to stop at the next step without a checkpoint.
 *
 * @throws RangeError at call time when no files can have the run's name
 * @throws RunCrashedError in the stream when it has crashed too often, and what `train` throws
 */
export function trainInProcess(
  given: NvaeConfig,
  options: TrainInProcessOptions = {},
): Observable<TrainEvent> {
  const config = withRunName(given, options.name);
  const { signal, scheduler = asyncScheduler, engine = 'auto', seconds, clock = performance } = options;
  return defer(() => {
    const begin = clock.now();
    const elapsed = () => (clock.now() - begin) / 1000;
    const commands = listenForCommands(options);
    let crashes = 0;
    let saved: Position | null = null;
    let everStarted = false;
    let restartDelay: number | null = null;

    const note = (event: TrainEvent) => {
      if (event.type === 'started') {
        everStarted = true;
        saved = event.resumed;
      }
      if (event.type !== 'checkpoint') return;
      const { epoch, batchInEpoch, step, imagesSeen } = event;
      if (step > (saved?.step ?? 0)) crashes = 0;
      saved = { epoch, batchInEpoch, step, imagesSeen };
    };
    const life$ = defer(() => {
      restartDelay = null;
      const left = seconds === undefined ? {} : { seconds: Math.max(0, seconds - elapsed()) };
      const start: ToWorker = {
        type: 'start',
        config,
        engine,
        options: { ...plainOptions(options), ...left },
      };
      return workerRun(start, commands.forProcess$, signal).pipe(tap(note));
    });
    const died = (error: unknown): Observable<TrainEvent> => {
      if (!(error instanceof WorkerDiedError)) return throwError(() => error);
      crashes += 1;
      const crash = crashEvent(
        error.death,
        { crashes, saved, everStarted, stopping: commands.stopping() },
        options,
      );
      if (crash.restartSeconds !== null) restartDelay = crash.restartSeconds * 1000;
      else if (!commands.stopping()) {
        return concat(
          of(crash),
          throwError(() => new RunCrashedError(crash.message)),
        );
      }
      return of(crash);
    };
    const again = () => {
      if (restartDelay === null) return EMPTY;
      return timer(restartDelay, scheduler).pipe(takeUntil(merge(commands.stop$, aborted(signal))));
    };
    const stoppedEvent = (): StoppedEvent => {
      const position = saved ?? { epoch: 0, batchInEpoch: 0, step: 0, imagesSeen: 0 };
      const path = join(options.weightsFolder ?? 'saved_weights', `${config.name}.checkpoint`);
      return { type: 'stopped', ...position, reason: 'stop', checkpoint: saved && path, seconds: elapsed() };
    };
    const lives$ = life$.pipe(catchError(died), repeat({ delay: again }));
    let ended = false;
    const end$ = defer(() => (ended || signal?.aborted || !commands.stopping() ? EMPTY : of(stoppedEvent())));
    const run$ = lives$.pipe(
      tap((event) => {
        ended = event.type === 'stopped' || event.type === 'finished';
      }),
    );
    return concat(run$, end$).pipe(finalize(commands.release));
  });
}

/** What crosses to the process. */
function plainOptions(options: TrainInProcessOptions): PlainTrainOptions {
  const { engine, stop$, commands$, signal, restarts, restartDelay, scheduler, clock, ...plain } = options;
  return plain;
}

interface Circumstances {
  /** Since the last new checkpoint. */
  readonly crashes: number;
  readonly saved: Position | null;
  readonly everStarted: boolean;
  readonly stopping: boolean;
}

function crashEvent(
  death: Death,
  { crashes, saved, everStarted, stopping }: Circumstances,
  { restarts = 3, restartDelay = 1000 }: TrainInProcessOptions,
): CrashEvent {
  // What ends by itself before it has begun would do so again.
  const hopeless = death.signal === null && !everStarted;
  const restarting = !stopping && !hopeless && crashes <= restarts;
  const restartSeconds = restarting ? (restartDelay * 2 ** (crashes - 1)) / 1000 : null;
  const state = saved ? `the checkpoint of step ${saved.step}` : 'the start';
  const plan = restarting
    ? `going on from ${state} in ${restartSeconds} s (${crashes} of ${restarts})`
    : `the same command goes on from ${state}`;
  const often = crashes > restarts ? `, ${crashes} times without reaching a new checkpoint` : '';
  const message = `train: the run's process ${describeDeath(death)}${often}; ${plan}`;
  return { type: 'crash', message, ...death, crashes, restartSeconds };
}
