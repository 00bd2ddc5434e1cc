/** One epoch as one pipe: items of the dataset in, step events out. */
import { concat, defer, EMPTY, from, identity, map, type Observable, of, pipe } from 'rxjs';
import type { DataPosition } from '../../../checkpoint/checkpointContent.js';
import { DatasetError } from '../../../data/datasetError.js';
import { augment } from '../../images/augment.js';
import { batchesAhead } from '../../images/batchesAhead.js';
import { decodingIn } from '../../images/decodingIn.js';
import { itemBatches } from '../../images/itemBatches.js';
import { permuted } from '../../images/permuted.js';
import type { EpochEvent, StepEvent } from '../events.js';
import type { Run } from '../opening/run.js';
import { rankShares } from '../ranks/rankShares.js';
import { trainInTurns } from '../ranks/trainInTurns.js';
import type { TrainOptions } from '../trainOptions.js';
import { trainStep } from '../trainStep.js';
import { againWhenReadable, NothingReadError } from './againWhenReadable.js';
import { epochMeans } from './epochMeans.js';
import { allUnread, type Unread } from './skippedImages.js';

/** What controls the epochs of a run. */
export interface EpochControls {
  /** Emits when the run must stop after the running step. */
  readonly stop$: Observable<unknown>;
  readonly isStopped: () => boolean;
  /** Whether the run must pause before the next step. */
  readonly pause$: Observable<boolean>;
  /** Called with `true` when the run pauses, and with `false` when it continues. */
  readonly onPause: (paused: boolean) => void;
}

/** The steps of an epoch from a position on, then an `epoch` event unless the run was stopped. */
export function epochEvents(
  run: Run,
  options: TrainOptions,
  { epoch, imagesTaken }: DataPosition,
  { stop$, isStopped, pause$, onPause }: EpochControls,
): Observable<StepEvent | EpochEvent> {
  const { trainer, config, dataset, items, cache, skipped, ranks } = run;
  const {
    prefetch = batchesAhead(config),
    augment: ownAugmentation,
    datasetPatience: patience,
    scheduler,
  } = options;
  const { clock = performance } = options;
  const warn = (message: string) => {
    if (ranks?.speaks !== false) run.warn('dataset', message); // all ranks find the same
  };
  return defer(() => {
    const { seed } = trainer;
    const { batchSize, accumulationSteps } = config.training;
    const { randomCrop: _, binarize, ...changes } = config.training.augmentation;
    const begin = clock.now();
    const means = epochMeans();
    let steps = 0;
    const augmented = pipe(
      augment(changes, { seed, epoch }),
      ownAugmentation ? augment(ownAugmentation, { seed, epoch, purpose: 'own augmentation' }) : identity,
      augment({ binarize }, { seed, epoch, purpose: 'binarize' }), // after everything that may give other values
    );
    const order = permuted(
      Uint32Array.from({ length: items.length }, (_, i) => i),
      seed,
      epoch,
    );
    const batches$ = itemBatches(items, {
      ...decodingIn(config),
      dataset,
      cache,
      randomKey: { seed, epoch },
      onWarning: skipped.tell,
      change: augmented,
      shares: ranks ? (images) => rankShares(images, accumulationSteps, ranks.group) : undefined,
      order: order.subarray(imagesTaken),
      batchSize,
    });
    const steps$ = batches$.pipe(
      ranks
        ? trainInTurns(run, ranks, { epoch, prefetch, stop$, onPause, imagesTaken, clock })
        : trainStep(trainer, { epoch, prefetch, stop$, pause$, onPause, imagesTaken, clock }),
      map((step) => {
        steps += 1;
        means.add(step);
        return { ...step, residentBytes: process.memoryUsage.rss() };
      }),
    );
    const nothingTrained = (unread: Unread): never => {
      if (unread.count > 0) throw new NothingReadError(unread);
      throw new DatasetError(
        dataset.name,
        `none of its ${items.length} images can be decoded; the warnings say why`,
      );
    };
    const end$ = defer((): Observable<EpochEvent> => {
      const unread = skipped.endOf(epoch);
      if (isStopped()) return EMPTY;
      if (steps === 0 && imagesTaken === 0) {
        if (ranks === null) return nothingTrained(unread);
        return from(ranks.together(async () => unread)).pipe(map((all) => nothingTrained(allUnread(all))));
      }
      const seconds = (clock.now() - begin) / 1000;
      const position = { ...trainer.position, epoch };
      return of({
        type: 'epoch',
        ...position,
        ...means.means(),
        imagesTaken: items.length,
        seconds,
      });
    });
    return concat(steps$, end$);
  }).pipe(againWhenReadable({ dataset: dataset.name, patience, scheduler, stop$, wait: ranks?.wait, warn }));
}
