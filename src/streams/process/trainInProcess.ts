/** Training in a supervised process. */
import { join } from 'node:path';
import {
  asyncScheduler,
  catchError,
  concat,
  concatAll,
  defer,
  EMPTY,
  finalize,
  from,
  merge,
  type Observable,
  repeat,
  type SchedulerLike,
  takeUntil,
  tap,
  throwError,
} from 'rxjs';
import { checkAmount, checkLimit } from '../../base/checkNumbers.js';
import { checkpointExists } from '../../checkpoint/checkpointExists.js';
import type { Position } from '../../checkpoint/snapshot.js';
import { withRunName } from '../../config/runName.js';
import type { NvaeConfig } from '../../config/types.js';
import { type EngineChoice, EngineFailedError, EngineUnavailableError } from '../../engine/engines.js';
import { fromAbort } from '../flow/fromAbort.js';
import { longTimer } from '../flow/longTimer.js';
import { checkTrainOptions } from '../run/checkTrainOptions.js';
import { RunCrashedError } from '../run/errors.js';
import type { FailedEvent, StoppedEvent, TrainEvent } from '../run/events.js';
import type { RunCommand } from '../run/runCommand.js';
import { checkPlain } from './checkPlain.js';
import { listenForCommands } from './commands.js';
import { crashEvent } from './crashEvent.js';
import { journaledCrash } from './journaledCrash.js';
import type { PlainTrainOptions, ToWorker } from './messages.js';
import { type Death, WorkerDiedError, workerRun } from './workerRun.js';

/** Options of `trainInProcess`. */
export interface TrainInProcessOptions extends PlainTrainOptions {
  /** Engine, as for `useEngine`. @default 'auto' */
  readonly engine?: EngineChoice;
  /** When it first emits, the running step finishes, the checkpoint is written and the stream completes. @default never */
  readonly stop$?: Observable<unknown>;
  /** Commands to the run. @default never */
  readonly commands$?: Observable<RunCommand>;
  /** When it aborts, the run ends after the running step without saving; the stream completes when everything is released. */
  readonly signal?: AbortSignal;
  /** How many times a run that crashes before a new checkpoint is restarted. @default 3 */
  readonly restarts?: number;
  /** Milliseconds before the first restart, doubled each time. @default 1000 */
  readonly restartDelay?: number;
  /** Scheduler of delays. @default asyncScheduler */
  readonly scheduler?: SchedulerLike;
  /** Clock of durations, in milliseconds. @default performance */
  readonly clock?: { now(): number };
}

/**
 * Trains as `train` does, with the same events, but in a supervised child process. This process stays responsive while a step
 * computes, and a crash of the engine ends only the child.
 *
 *     train            s--t--t--c--t--X
 *     trainInProcess   s--t--t--c--t--x---s--t--t--f|      x: crash, then resumed from the checkpoint
 *
 * If the child crashes (out of memory, a segmentation fault, kill -9) or its engine fails (a lost GPU), a `crash` event reports it
 * and the child is restarted from its last checkpoint: step numbers go back to the checkpoint, and the steps are the same. A child that crashes while it stops is
 * not restarted: the state to be saved is lost, so the stream fails. Crashes are also written to the journal. If this process
 * ends, the child stops by itself and writes a checkpoint. Cold: every subscription is a separate run. Unsubscribing stops the
 * child after the running step, without a checkpoint.
 *
 * @param given the configuration
 * @param options plain-data options of `train`, and how to supervise the child
 * @throws RangeError at call time when the run's name cannot be a file name, or a number is out of range
 * @throws RangeError in the stream when the configuration has a value that is not allowed
 * @throws TypeError at call time when an option is given that only `train` accepts: a function, or a dataset that is not a folder
 * @throws RunCrashedError in the stream when the run crashed too often or while it was stopping, and whatever `train` throws
 *
 * @example
 * ```ts
 * import { loadConfig, trainInProcess } from 'rx-nvae/run';
 *
 * trainInProcess(await loadConfig('demo'), { dataset: 'photos', engine: 'native' }).subscribe({
 *   next: (event) => event.type === 'step' && console.log(event.step, event.loss),
 *   error: (error) => console.error(error.message),
 * });
 * ```
 */
export function trainInProcess(
  given: NvaeConfig,
  options: TrainInProcessOptions = {},
): Observable<TrainEvent> {
  // The child checks the configuration: loading the schema here would double the loading time of this module.
  const config = withRunName(given, options.name);
  const { signal, scheduler = asyncScheduler, engine = 'auto', seconds, clock = performance } = options;
  const { restarts = 3, restartDelay = 1000 } = options;
  checkLimit('trainInProcess', 'restarts', restarts);
  checkAmount('trainInProcess', 'restartDelay', restartDelay);
  checkTrainOptions('trainInProcess', options);
  checkPlain(options);
  const path = join(options.weightsFolder ?? 'saved_weights', `${config.name}.checkpoint`);
  return defer(() => {
    const begin = clock.now();
    const elapsed = () => (clock.now() - begin) / 1000;
    const secondsLeft = () => Math.max(0, (seconds ?? Number.POSITIVE_INFINITY) - elapsed());
    const commands = listenForCommands(options);
    let crashes = 0;
    let saved: Position | null = null;
    let [started, everStarted] = [false, false];
    let waiting: number | null = null;

    const note = (event: TrainEvent) => {
      if (event.type === 'started') {
        [started, everStarted] = [true, true];
        saved = event.resumed;
      }
      if (event.type !== 'checkpoint') return;
      const { epoch, batchInEpoch, step, imagesSeen } = event;
      if (step > (saved?.step ?? 0)) crashes = 0;
      saved = { epoch, batchInEpoch, step, imagesSeen };
    };
    const optionsOfLife = async (): Promise<PlainTrainOptions> => {
      const plain = plainOptions(options);
      if (plain.initFrom === undefined || !everStarted) return plain;
      if (!(await checkpointExists(path))) return plain;
      // The run has written this checkpoint since it took its weights: it resumes.
      const { initFrom, initPartial, ...resuming } = plain;
      return resuming;
    };
    const life$ = defer(async () => {
      started = false;
      waiting = null;
      const left = seconds === undefined ? {} : { seconds: secondsLeft() };
      const start: ToWorker = {
        type: 'start',
        config,
        engine,
        // If another process has taken the run over since then, do not take it back.
        options: { ...(await optionsOfLife()), ...left, takeOver: options.takeOver === true && !everStarted },
      };
      return workerRun(start, commands.forProcess$, signal).pipe(tap(note));
    }).pipe(concatAll());
    const findSaved = async () => {
      if (saved) return saved;
      // What reads checkpoints takes a while to load, and is needed only after a crash.
      const { checkpointPosition } = await import('../../modelFiles/checkpointPosition.js');
      saved = await checkpointPosition(path).catch(() => null);
      return saved;
    };
    const died = async (death: Death): Promise<Observable<TrainEvent>> => {
      const stopping = commands.stopping();
      // Ctrl-C in a terminal also signals a child that does not handle signals yet; such a child has nothing to save.
      if (stopping && !started && isStopSignal(death.signal)) return EMPTY;
      crashes += 1;
      const state = { crashes, saved: await findSaved(), everStarted, stopping, restarts, restartDelay };
      const crash = crashEvent(death, state);
      if (crash.restartSeconds !== null) {
        waiting = crash.restartSeconds * 1000;
        return journaledCrash([crash], config.name, options);
      }
      const error = new RunCrashedError(crash.message, { cause: death.failure });
      const { name, message } = error;
      const failed: FailedEvent = { type: 'failed', error: name, message };
      return concat(
        journaledCrash([crash, failed], config.name, options),
        throwError(() => error),
      );
    };
    const again = () => {
      if (waiting === null) return EMPTY;
      // If the time limit passes meanwhile, the next process emits the `stopped` event.
      return longTimer(Math.min(waiting, 1000 * secondsLeft()), scheduler).pipe(
        takeUntil(merge(commands.stop$, fromAbort(signal))),
      );
    };
    const stoppedEvent = async (): Promise<StoppedEvent> => {
      const position = (await findSaved()) ?? { epoch: 0, batchInEpoch: 0, step: 0, imagesSeen: 0 };
      return { type: 'stopped', ...position, reason: 'stop', checkpoint: saved && path, seconds: elapsed() };
    };
    const lives$ = life$.pipe(
      catchError((error: unknown) => {
        const death = deathOf(error, everStarted);
        return death ? from(died(death)).pipe(concatAll()) : throwError(() => error);
      }),
      repeat({ delay: again }),
    );
    let ended = false;
    const end$ = defer(() => (ended || signal?.aborted || !commands.stopping() ? EMPTY : stoppedEvent()));
    const run$ = lives$.pipe(
      tap((event) => {
        ended = event.type === 'stopped' || event.type === 'finished';
      }),
    );
    return concat(run$, end$).pipe(finalize(commands.release));
  });
}

/**
 * How the process of a run ended, if that is a crash; otherwise null. A failed engine ends a process like a crash: a new one may get
 * its device again, or not at once.
 */
function deathOf(error: unknown, everStarted: boolean): Death | null {
  if (error instanceof WorkerDiedError) return error.death;
  const isOfEngine = error instanceof EngineFailedError || error instanceof EngineUnavailableError;
  return isOfEngine && everStarted ? { signal: null, exitCode: 1, output: '', failure: error } : null;
}

/** The options to send to the child. */
function plainOptions(options: TrainInProcessOptions): PlainTrainOptions {
  const { engine, stop$, commands$, signal, restarts, restartDelay, scheduler, clock, ...plain } = options;
  return plain;
}

function isStopSignal(signal: NodeJS.Signals | null): boolean {
  return signal === 'SIGINT' || signal === 'SIGTERM' || signal === 'SIGHUP';
}
