/** Measures the loading of images alone, with trainers that do not train; see loader.ts for how to run it. */
import { from, lastValueFrom, map, type Observable, of, reduce, Subject, tap, toArray } from 'rxjs';
import { nextTurn } from '../src/base/nextTurn.js';
import { type ImageCache, imageCache } from '../src/data/imageCache.js';
import type { ImageFile } from '../src/data/imageFile.js';
import { augment } from '../src/streams/images/augment.js';
import { batch } from '../src/streams/images/batch.js';
import { decodeImages } from '../src/streams/images/decodeImages.js';
import { shuffle } from '../src/streams/images/shuffle.js';
import type { StepEvent } from '../src/streams/run/events.js';
import { type BatchRecipe, type Stepper, trainStep } from '../src/streams/run/trainStep.js';
import type { StepResult } from '../src/training/trainer.js';

const batchSize = 32;
const size = 64;
export const prefetch = 8;

export interface EpochRate {
  readonly images: number;
  readonly imagesPerSecond: number;
  /** Seconds of processor time per second. */
  readonly cores: number;
  /** Share of time that the step waited for its images. */
  readonly waitShare: number;
}

export interface Backlog {
  readonly steps: number;
  readonly waitShare: number;
  /** The longest wait of a step after the first one. */
  readonly longestWaitMs: number;
  /** Processor time outside the step, as a share of the steps' time. */
  readonly processorShare: number;
  /** Maximum number of batches being made, waiting or in a step. */
  readonly batchesAlive: number;
  /** Seconds from the subscription to the first step. */
  readonly secondsToFirstStep: number;
  /** Resident memory at the first step, and the maximum at later ones. */
  readonly rssBytes: { readonly first: number; readonly most: number };
}

/** A step that takes no time, or keeps the event loop busy for a number of milliseconds, as the native engine does. */
export function fakeTrainer(stepMs: number): Stepper {
  const losses = { loss: 0, reconstructionLoss: 0, balancedKl: 0, regularization: 0, kl: 0, klPerGroup: [] };
  const rates = { gradientNorm: 0, klCoefficient: 1, learningRate: 0, clipFactor: 1 };
  const position = { step: 0, epoch: 0, batchInEpoch: 0, imagesSeen: 0 };
  const result = {
    ...losses,
    ...rates,
    ...position,
    applied: true,
    nonFinite: null,
    zero: null,
    seconds: stepMs / 1000,
  };
  return {
    step: ({ shape }): Observable<StepResult> => {
      const step = { ...result, batchSize: shape[0] };
      if (stepMs === 0) return of(step);
      const end = performance.now() + stepMs;
      while (performance.now() < end);
      return from(nextTurn()).pipe(map(() => step));
    },
  };
}

/** The images of an epoch through the operators before a run's step, with the demo's augmentation. */
function loading(files: readonly ImageFile[], epoch: number, cache: ImageCache): Observable<BatchRecipe> {
  return from(files).pipe(
    shuffle(1, epoch),
    decodeImages({ size, cache }),
    augment({ horizontalFlip: true }, { seed: 1, epoch }),
    batch(batchSize),
  );
}

function waitShareOf(events: readonly StepEvent[], seconds: number): number {
  return events.reduce((sum, event) => sum + event.waitSeconds, 0) / seconds;
}

/** Measures one epoch with steps that take no time. */
export async function epochRate(
  files: readonly ImageFile[],
  epoch: number,
  cache: ImageCache,
): Promise<EpochRate> {
  const [begin, used] = [performance.now(), process.cpuUsage()];
  const events = await lastValueFrom(
    loading(files, epoch, cache).pipe(trainStep(fakeTrainer(0), { epoch, prefetch }), toArray()),
  );
  const seconds = (performance.now() - begin) / 1000;
  const { user, system } = process.cpuUsage(used);
  const count = events.at(-1)?.imagesTaken ?? 0;
  return {
    images: count,
    imagesPerSecond: count / seconds,
    cores: (user + system) / 1e6 / seconds,
    waitShare: waitShareOf(events, seconds),
  };
}

export interface BacklogOptions {
  /** Number of steps after which to stop. @default all of the epoch */
  readonly steps?: number;
  /** Epoch to load, from 0. @default 0 */
  readonly epoch?: number;
  /** Cache of decoded images. @default an empty one */
  readonly cache?: ImageCache;
}

/** Measures an epoch with slow steps. */
export async function backlog(
  files: readonly ImageFile[],
  stepMs: number,
  { steps, epoch = 0, cache = imageCache() }: BacklogOptions = {},
): Promise<Backlog> {
  const stop$ = new Subject<void>();
  const rss: number[] = [];
  let [alive, batchesAlive] = [0, 0];
  const counted = (recipe: BatchRecipe): BatchRecipe => ({
    images: recipe.images,
    make: (signal) => {
      alive += 1;
      batchesAlive = Math.max(batchesAlive, alive);
      return recipe.make(signal);
    },
  });
  const trainer = fakeTrainer(stepMs);
  const step: Stepper['step'] = (...args) => {
    rss.push(process.memoryUsage.rss());
    const complete = () => {
      alive -= 1;
    };
    return from(trainer.step(...args)).pipe(tap({ complete }));
  };
  const [begin, used] = [performance.now(), process.cpuUsage()];
  let secondsToFirstStep = 0;
  const events = await lastValueFrom(
    loading(files, epoch, cache).pipe(
      map(counted),
      trainStep({ step }, { epoch, prefetch, stop$ }),
      tap(() => rss.length === steps && stop$.next()),
      reduce((all: StepEvent[], event) => {
        if (all.length === 0) secondsToFirstStep = (performance.now() - begin - stepMs) / 1000;
        return [...all, event];
      }, []),
    ),
  );
  const { user, system } = process.cpuUsage(used);
  const waitShare = waitShareOf(events, (performance.now() - begin) / 1000);
  const longestWaitMs = 1000 * Math.max(...events.slice(1).map(({ waitSeconds }) => waitSeconds));
  const processorShare = (user + system) / 1000 / (events.length * stepMs);
  const [first = 0, ...later] = rss;
  const rssBytes = { first, most: Math.max(first, ...later) };
  const waits = { waitShare, longestWaitMs, processorShare, secondsToFirstStep };
  return { steps: events.length, ...waits, batchesAlive, rssBytes };
}
