/** The events of an open run, from `started` to its end. */
import { join } from 'node:path';
import {
  asyncScheduler,
  concat,
  concatMap,
  connect,
  defer,
  EMPTY,
  filter,
  finalize,
  from,
  merge,
  type Observable,
  of,
  repeat,
  tap,
} from 'rxjs';
import type { DataPosition } from '../checkpoint/checkpoint.js';
import { saveModel } from '../checkpoint/model.js';
import type { TrainingConfig } from '../config/types.js';
import * as tf from '../engine/tf.js';
import type { ImageBatch } from '../model/plainData.js';
import type { Position } from '../training/trainer.js';
import { toBatch } from './batch.js';
import { decodeImages } from './decodeImages.js';
import { epochEvents } from './epoch.js';
import type {
  EpochEvent,
  FinishedEvent,
  StartedEvent,
  StepEvent,
  StoppedEvent,
  TrainEvent,
} from './events.js';
import { warning } from './events.js';
import type { DecodedImage, Recipe } from './recipe.js';
import type { Run, StopReason } from './run.js';
import { sideStream } from './sideStream.js';
import type { TrainOptions } from './train.js';
import { watchFinite } from './watchFinite.js';
import { writeCheckpoints } from './writeCheckpoints.js';
import { writePreviews } from './writePreviews.js';

/** Images whose reconstructions are shown. */
const previewImages = 8;

/** A moment at which the state is written: within the run, or at its end. */
interface Due extends Position, DataPosition {
  readonly type: 'due';
}

interface Progress {
  reason: StopReason | null;
  data: DataPosition;
  /** Step of the last state that was, or is being, written. */
  written: number;
}

export function runEvents(run: Run, options: TrainOptions): Observable<TrainEvent> {
  return defer(() => {
    const { scheduler = asyncScheduler } = options;
    const begin = scheduler.now();
    const written = run.resumed ? run.trainer.position.step : 0;
    const progress: Progress = { reason: null, data: run.start, written };
    const stopped = run.stop$.subscribe({
      next: (reason) => {
        progress.reason = reason;
      },
      error: () => undefined, // ends the steps, which report it
    });
    const main$ = concat(
      of(startedEvent(run)),
      defer(() => previewInputs(run)).pipe(concatMap((inputs) => steps(run, options, progress, inputs))),
      defer(() => ending(run, progress, () => (scheduler.now() - begin) / 1000)),
    );
    const warnings$ = run.warnings$;
    return merge(main$.pipe(finalize(() => warnings$.complete())), warnings$).pipe(
      finalize(() => stopped.unsubscribe()),
    );
  });
}

function steps(
  run: Run,
  options: TrainOptions,
  progress: Progress,
  inputs: ImageBatch | null,
): Observable<TrainEvent> {
  const { trainer, checkpointPath: path, config } = run;
  const { nonFiniteLimit = 20, picturesFolder = 'images', previews, checkpoints, scheduler } = options;
  const folder = join(picturesFolder, config.name);
  return concat(
    epochs(run, options, progress),
    defer(() => lastDue(run, progress)),
  ).pipe(
    concatMap((event) => (event.type === 'due' ? of(event) : dueBehind(event, config.training, progress))),
    watchFinite(nonFiniteLimit),
    connect((shared) =>
      merge(
        shared,
        shared.pipe(filter(isDue), writeCheckpoints(trainer, { ...checkpoints, scheduler, path })),
      ),
    ),
    sideStream('previews', (events) =>
      events.pipe(filter(isDue), writePreviews(trainer, { ...previews, folder, inputs })),
    ),
    filter((event) => !isDue(event)),
  );
}

/** One epoch after the other, each opened when the one before is done. */
function epochs(run: Run, options: TrainOptions, progress: Progress): Observable<StepEvent | EpochEvent> {
  const { prefetch = 2, dataset = 'dataset', scheduler = asyncScheduler } = options;
  const { epochs: total } = run.config.training;
  let next = run.start;
  const over = () => progress.reason !== null || (total !== -1 && next.epoch >= total);
  const settings = { prefetch, dataset, now: () => scheduler.now(), stopped: () => progress.reason };
  return defer(() => {
    if (over()) return EMPTY;
    const position = next;
    next = { epoch: position.epoch + 1, imagesTaken: 0 };
    return epochEvents(run, position, settings);
  }).pipe(
    repeat({ delay: () => (over() ? EMPTY : of(null)) }),
    tap(({ epoch, imagesTaken }) => {
      progress.data = { epoch, imagesTaken };
    }),
  );
}

/** The event, and where the state is to be written after it, that behind it. */
function dueBehind(
  event: StepEvent | EpochEvent,
  training: TrainingConfig,
  progress: Progress,
): Observable<StepEvent | EpochEvent | Due> {
  const { imagesPerCheckpoint, batchSize, epochsPerCheckpoint } = training;
  const every = imagesPerCheckpoint === null ? null : Math.ceil(imagesPerCheckpoint / batchSize);
  const due =
    event.type === 'step'
      ? every !== null && event.step % every === 0
      : (event.epoch + 1) % epochsPerCheckpoint === 0;
  if (!due || progress.written === event.step) return of(event);
  progress.written = event.step;
  return of(event, dueAt(event, progress.data));
}

/** At the end, what has not been written yet. */
function lastDue({ trainer }: Run, progress: Progress): Observable<Due> {
  if (trainer.position.step === progress.written) return EMPTY;
  progress.written = trainer.position.step;
  return of(dueAt(trainer.position, progress.data));
}

function dueAt({ batchInEpoch, step, imagesSeen }: Position, data: DataPosition): Due {
  return { type: 'due', ...data, batchInEpoch, step, imagesSeen };
}

function isDue(event: { readonly type: string }): event is Due {
  return event.type === 'due';
}

function startedEvent({ trainer, config, files, resumed }: Run): StartedEvent {
  const { model, seed, position } = trainer;
  return {
    type: 'started',
    name: config.name,
    engine: tf.getBackend() ?? '',
    seed,
    parameters: model.parameterCount,
    latentGroups: model.latentShapes.length,
    images: files.length,
    batchSize: config.training.batchSize,
    epochs: config.training.epochs,
    resumed: resumed ? position : null,
  };
}

async function ending(
  { trainer, config, checkpointPath, modelPath }: Run,
  { reason }: Progress,
  seconds: () => number,
): Promise<StoppedEvent | FinishedEvent> {
  const { position } = trainer;
  if (reason !== null) {
    const checkpoint = position.step > 0 ? checkpointPath : null;
    return { type: 'stopped', ...position, reason, checkpoint, seconds: seconds() };
  }
  const { tensors } = await trainer.snapshot();
  await saveModel(modelPath, { config, tensors });
  return { type: 'finished', ...position, model: modelPath, seconds: seconds() };
}

/** Images from all over the dataset; null where none are wanted or none of these is whole. */
async function previewInputs({ config, files, cache, warnings$ }: Run): Promise<ImageBatch | null> {
  if (!config.training.writeReconstruction) return null;
  const recipes: Recipe<DecodedImage>[] = [];
  const onWarning = (message: string) => warnings$.next(warning('dataset', message));
  from(spread(files, previewImages))
    .pipe(decodeImages({ size: config.model.inputDimension, cache, onWarning }))
    .subscribe((recipe) => recipes.push(recipe));
  const images = await Promise.all(recipes.map((recipe) => recipe.make()));
  return toBatch(images.filter((image) => image !== null));
}

/** Up to `count` items from all over the list: neighbours in a folder tend to look alike. */
function spread<T>(items: readonly T[], count: number): T[] {
  const step = Math.max(1, items.length / count);
  return items.filter((_, i) => Math.floor(i / step) > Math.floor((i - 1) / step));
}
