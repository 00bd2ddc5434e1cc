/** The steps of a run, epoch after epoch, and what is written between them. */
import { join } from 'node:path';
import {
  catchError,
  concat,
  concatMap,
  connect,
  defer,
  EMPTY,
  filter,
  finalize,
  map,
  merge,
  type Observable,
  of,
  repeat,
  Subject,
  takeUntil,
  tap,
  throwError,
} from 'rxjs';
import { messageOf } from '../../../base/errors.js';
import type { ImageBatch } from '../../../base/plainData.js';
import { checkpointExists } from '../../../checkpoint/checkpoint.js';
import { EngineFailedError } from '../../../engine/index.js';
import { writeImage } from '../../../pictures/writeImage.js';
import { sideStream } from '../../flow/sideStream.js';
import { writeCheckpoints } from '../../writers/writeCheckpoints.js';
import { type PreviewKind, writePreviews } from '../../writers/writePreviews.js';
import { epochEvents } from '../epochs/epochEvents.js';
import { NonFiniteLossError } from '../errors.js';
import type { EpochEvent, PausedEvent, ResumedEvent, StepEvent, TrainEvent } from '../events.js';
import { warning } from '../events.js';
import type { Run } from '../opening/openRun.js';
import { resumeWords } from '../resumeWords.js';
import type { RunRequest } from '../runCommand.js';
import { type Due, dueAt, isDue, isScheduled, scheduledWants } from '../state/due.js';
import type { Progress } from '../state/progress.js';
import type { TrainOptions } from '../trainOptions.js';
import { watchFinite } from '../watchFinite.js';

/** Milliseconds for the last pictures; those of a large model take minutes. */
const previewPatience = 10 * 60_000;

/** `requested`: something was asked for while the run is paused. */
type Moment = StepEvent | EpochEvent | PausedEvent | ResumedEvent | { readonly type: 'requested' };

export function runSteps(
  run: Run,
  options: TrainOptions,
  progress: Progress,
  inputs: ImageBatch | null,
): Observable<TrainEvent> {
  const { trainer, checkpointPath: path, config } = run;
  const { picturesFolder = 'images', previews, checkpoints } = options;
  const { scheduler, clock } = options;
  const folder = join(picturesFolder, config.name);
  const save = run.save(checkpoints?.save);
  const time = { ...(scheduler && { scheduler }), ...(clock && { clock }) };
  const write = async (picture: string, image: ImageBatch) => {
    await run.writer.ready();
    await writeImage(picture, image);
  };
  const writing = { ...checkpoints, ...time, save, path };
  return defer(() => {
    let failure: { readonly thrown: unknown } | null = null;
    const steps$ = moments(run, options, progress).pipe(
      concatMap((moment) => withDue(moment, run, progress)),
      watchFinite(config.training.nonFiniteLimit),
      catchError((thrown: unknown) => {
        failure = { thrown };
        return EMPTY;
      }),
    );
    const state$ = defer(() => lastDue(run, progress, failure?.thrown));
    const written$ = concat(steps$, state$).pipe(
      connect((shared) =>
        merge(
          shared,
          shared.pipe(filter(isDue), filter(wants('checkpoint')), writeCheckpoints(trainer, writing)),
        ),
      ),
      sideStream(
        'previews',
        (events) =>
          events.pipe(
            filter(isDue),
            map((due) => ({ ...due, kinds: previewKinds(due) })),
            filter(({ kinds }) => kinds.length > 0),
            writePreviews(trainer, { ...previews, folder, inputs, write }),
            // The next ones may succeed: a disk that was full need not stay so.
            catchError((error: unknown, again) =>
              concat(of(warning('previews', `previews: ${messageOf(error)}`)), again),
            ),
          ),
        { patience: previewPatience, ...(scheduler && { scheduler }) },
      ),
      filter((event) => !isDue(event)),
      catchError((error: unknown) => {
        // What ended the steps is what the user has to know; that its state could not be written comes on top.
        return failure ? of(warning('checkpoint', messageOf(error))) : throwError(() => error);
      }),
    );
    return concat(
      written$,
      defer(() => (failure ? failed(failure.thrown, path) : EMPTY)),
    );
  });
}

/** Fails with what ended the steps; where that asks for another try, it says what that will start from. */
function failed(thrown: unknown, checkpointPath: string): Observable<never> {
  if (!(thrown instanceof NonFiniteLossError)) return throwError(() => thrown);
  return defer(() => checkpointExists(checkpointPath)).pipe(
    concatMap((exists) => {
      thrown.message += `; ${resumeWords(exists)}`;
      return throwError(() => thrown);
    }),
  );
}

/** All that happens between two steps, in its order. */
function moments(run: Run, options: TrainOptions, progress: Progress): Observable<Moment> {
  return defer(() => {
    const ended = new Subject<void>();
    const held = new Subject<boolean>();
    const onPause = (paused: boolean) => {
      progress.paused = paused;
      held.next(paused);
    };
    const pauses$ = held.pipe(
      map((paused): Moment => ({ type: paused ? 'paused' : 'resumed', ...run.trainer.position })),
    );
    const requests$ = run.controls.requested$.pipe(
      filter(() => progress.paused),
      map((): Moment => ({ type: 'requested' })),
    );
    const epochs$ = epochs(run, options, progress, onPause).pipe(finalize(() => ended.next()));
    return merge(pauses$.pipe(takeUntil(ended)), requests$.pipe(takeUntil(ended)), epochs$);
  });
}

/** One epoch after the other, each opened when the one before is done. */
function epochs(
  run: Run,
  options: TrainOptions,
  progress: Progress,
  onPause: (paused: boolean) => void,
): Observable<StepEvent | EpochEvent> {
  const { prefetch = 2, dataset = 'dataset', datasetPatience, scheduler, clock = performance } = options;
  const { epochs: total } = run.config.training;
  let next = run.start;
  const over = () => progress.reason !== null || (total !== -1 && next.epoch >= total);
  const settings = {
    prefetch,
    dataset,
    datasetPatience,
    scheduler,
    clock,
    onPause,
    stopped: () => progress.reason,
  };
  return defer(() => {
    if (over()) return EMPTY;
    const position = next;
    next = { epoch: position.epoch + 1, imagesTaken: 0 };
    return epochEvents(run, position, settings);
  }).pipe(
    repeat({ delay: () => (over() ? EMPTY : of(null)) }),
    tap(({ epoch, imagesTaken }) => {
      progress.data = { epoch, imagesTaken, dataset: run.start.dataset };
    }),
  );
}

/** The moment, and behind it where something is to be written of the state that it left. */
function withDue(
  moment: Moment,
  { controls, trainer, config }: Run,
  progress: Progress,
): Observable<Exclude<Moment, { type: 'requested' }> | Due> {
  const { requests } = controls;
  const wanted = [...requests];
  requests.clear();
  const stepped = moment.type === 'step' || moment.type === 'epoch';
  if (moment.type === 'step') progress.applied = moment.applied;
  if (stepped && progress.written !== moment.step && isScheduled(moment, config.training))
    progress.owed = true;
  if (stepped && progress.owed && progress.applied) {
    wanted.push(...scheduledWants(config.training));
    progress.owed = false;
  }
  const due = wanted.length > 0 ? [dueAt(trainer.position, progress.data, wanted)] : [];
  if (wanted.includes('checkpoint')) progress.written = trainer.position.step;
  return moment.type === 'requested' ? of(...due) : of(moment, ...due);
}

/**
 * At the end, what has not been written yet; pictures only where nobody waits for the end. After losses that were not
 * finite nothing is: the checkpoint before them is the better one to go on from. Nor where the engine has failed, which
 * can read nothing back.
 */
function lastDue({ trainer, config, controls }: Run, progress: Progress, failure: unknown): Observable<Due> {
  if (failure instanceof NonFiniteLossError || failure instanceof EngineFailedError) return EMPTY;
  const wanted = new Set<RunRequest>(controls.requests);
  if (trainer.position.step !== progress.written) {
    wanted.add('checkpoint');
    const inAHurry = progress.reason === 'stop' || failure !== undefined;
    if (!inAHurry) for (const want of scheduledWants(config.training)) wanted.add(want);
  }
  if (wanted.size === 0) return EMPTY;
  progress.written = trainer.position.step;
  return of(dueAt(trainer.position, progress.data, wanted));
}

function wants(request: RunRequest): (due: Due) => boolean {
  return (due) => due.wants.has(request);
}

function previewKinds({ wants }: Due): PreviewKind[] {
  const kinds: PreviewKind[] = [];
  if (wants.has('reconstruct')) kinds.push('reconstruction');
  if (wants.has('sample')) kinds.push('samples');
  return kinds;
}
