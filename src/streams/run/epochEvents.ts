/** One epoch as one pipe: files in, step events out. */
import { concat, defer, EMPTY, from, map, type Observable, of, skip } from 'rxjs';
import type { DataPosition } from '../../checkpoint/checkpoint.js';
import { DatasetError } from '../../data/datasetError.js';
import { augment } from '../augment.js';
import { batch } from '../batch.js';
import { decodeImages } from '../decodeImages.js';
import { type EpochEvent, type StepEvent, warning } from '../events.js';
import { shuffle } from '../shuffle.js';
import { trainStep } from '../trainStep.js';
import type { StopReason } from './controls.js';
import { epochMeans } from './epochMeans.js';
import type { Run } from './openRun.js';

export interface EpochOptions {
  readonly prefetch: number;
  readonly dataset: string;
  readonly clock: { now(): number };
  /** The reason to stop, once there is one. */
  readonly stopped: () => StopReason | null;
  readonly onPause: (paused: boolean) => void;
}

/** The steps of an epoch from a position on, and at its end an epoch event; none where the run was stopped. */
export function epochEvents(
  run: Run,
  { epoch, imagesTaken }: DataPosition,
  { prefetch, dataset, clock, stopped, onPause }: EpochOptions,
): Observable<StepEvent | EpochEvent> {
  return defer(() => {
    const { trainer, config, files, cache, warnings$, controls } = run;
    const { stop$, pause$ } = controls;
    const { seed } = trainer;
    const begin = clock.now();
    const means = epochMeans();
    let steps = 0;
    const onWarning = (message: string) => warnings$.next(warning('dataset', message));
    const steps$ = from(files).pipe(
      shuffle(seed, epoch),
      skip(imagesTaken),
      decodeImages({ size: config.model.inputDimension, cache, onWarning }),
      augment(config.training.augmentation, { seed, epoch }),
      batch(config.training.batchSize),
      trainStep(trainer, { epoch, prefetch, stop$, pause$, onPause, imagesTaken, clock }),
      map((step) => {
        steps += 1;
        means.add(step);
        return { ...step, residentBytes: process.memoryUsage.rss() };
      }),
    );
    const end$ = defer(() => {
      if (stopped()) return EMPTY;
      if (steps === 0 && imagesTaken === 0) {
        throw new DatasetError(
          dataset,
          `expected images, got ${files.length} files of which none could be read`,
        );
      }
      const seconds = (clock.now() - begin) / 1000;
      const position = { ...trainer.position, epoch };
      return of({
        type: 'epoch',
        ...position,
        ...means.means(),
        imagesTaken: files.length,
        seconds,
      } as const);
    });
    return concat(steps$, end$);
  });
}
