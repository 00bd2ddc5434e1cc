import { type Observable, ReplaySubject, Subject } from 'rxjs';
import { syncWarning } from '../../../base/sync.js';
import { spaceWarning } from '../../../checkpoint/freeSpace.js';
import { lockRun, type RunLock } from '../../../checkpoint/lock/lockRun.js';
import type { NvaeConfig } from '../../../config/types.js';
import { imageCache } from '../../../data/imageCache.js';
import { skippedImages } from '../epochs/skippedImages.js';
import { type WarningEvent, warning } from '../events.js';
import type { RunRanks } from '../ranks/runRanks.js';
import type { TrainOptions } from '../trainOptions.js';
import { savesOf } from '../writer/savesOf.js';
import { startWriterThread, type WriterThread } from '../writer/writerThread.js';
import { averageChange } from './averageChange.js';
import { decodedBytes } from './decodedBytes.js';
import { initialWeights } from './initialWeights.js';
import { closingOnError, type ListedImages, listImages } from './listImages.js';
import { memoryWarning } from './memoryWarning.js';
import { openTrainer, previousCheckpoint } from './openTrainer.js';
import type { Run, Warn } from './run.js';
import { type RunPaths, runPaths } from './runPaths.js';
import { startOfData } from './startOfData.js';
import { startOfValidation } from './startOfValidation.js';

/** Bytes for a weight and the optimiser's two moments, and for the average of the weights. */
const [bytesPerParameter, bytesPerAverage] = [12, 4];

export interface OpeningControls {
  /** Aborts when the run is no longer needed. */
  readonly signal: AbortSignal;
  /** Emits, or fails, when the run must stop. */
  readonly stop$: Observable<unknown>;
  /** Reports what opening the run is waiting for. */
  readonly warn: Warn;
}

/**
 * Opens a run. Everything is checked before memory is allocated: the dataset, the lock, the checkpoint, then the model. An abort or
 * a stop ends the wait for a lock whose holder may be gone.
 * @throws DatasetError, RunInUseError, CheckpointError, RangeError
 */
export async function openRun(
  config: NvaeConfig,
  options: TrainOptions,
  controls: OpeningControls,
): Promise<Run> {
  const left = AbortSignal.any([controls.signal, ...(options.signal ? [options.signal] : [])]);
  const images = await listImages(config, options, left);
  return closingOnError(images.dataset, () =>
    openListed(config, options, images, { ...controls, left, ranks: null }),
  );
}

interface ListedControls extends OpeningControls, Pick<Opened, 'left' | 'ranks'> {}

/** Takes the lock of a run, and opens what reads and writes its files. */
export async function openListed(
  config: NvaeConfig,
  options: TrainOptions,
  images: ListedImages,
  { signal, left, stop$, warn, ranks }: ListedControls,
): Promise<Run> {
  const paths = runPaths(config.name, options);
  const stopped = new AbortController();
  const stopping = stop$.subscribe({ next: () => stopped.abort(), error: () => stopped.abort() });
  try {
    const lock = await lockRun(paths.lock, {
      takeOver: options.takeOver ?? false,
      signal: AbortSignal.any([left, stopped.signal]),
      onWait: (message) => warn('lock', message),
    });
    if (signal.aborted) lock.leave();
    signal.addEventListener('abort', lock.leave, { once: true });
    let writer: WriterThread | null = null;
    try {
      const { tensorBoard, journal } = paths;
      writer = startWriterThread({
        lock: { path: lock.path, holder: lock.holder },
        tensorBoard,
        journal,
      });
      const problem = ranks ? null : memoryWarning(config, decodedBytes(config, options, images.listed));
      if (problem !== null) warn('memory', problem);
      return await openLocked(config, options, { ...images, left, ranks, paths, lock, writer });
    } catch (error) {
      await writer?.close();
      await lock.release();
      throw error;
    }
  } finally {
    stopping.unsubscribe();
  }
}

interface Opened extends ListedImages {
  /** Aborts when the run is no longer needed. */
  readonly left: AbortSignal;
  readonly ranks: RunRanks | null;
  readonly paths: RunPaths;
  readonly lock: RunLock;
  readonly writer: WriterThread;
}

async function openLocked(config: NvaeConfig, options: TrainOptions, opened: Opened): Promise<Run> {
  const { dataset, items, validation, left, warnings, ranks, paths, lock, writer } = opened;
  const warnings$ = new ReplaySubject<WarningEvent>(100);
  const warn: Warn = (about, message) => warnings$.next(warning(about, message));
  const warnAbout = (about: string) => (message: string) => warn(about, message);
  warnings.forEach(warnAbout('dataset'));
  const weights = await initialWeights(options, config, {
    checkpointPath: paths.checkpoint,
    onWarning: warnAbout('weights'),
  });
  const checkpoint = await previousCheckpoint(paths.checkpoint, config, {
    seed: options.seed,
    onWarning: warnAbout('checkpoint'),
  });
  const change = checkpoint && averageChange(checkpoint, config);
  if (change !== null) warn('weights', change);
  await writer.ready(); // so that it writes the first events without delay
  const start = await startOfData(checkpoint, opened, { signal: left, warn: warnAbout('dataset') });
  const measured = await startOfValidation(checkpoint, validation, {
    bestModel: paths.bestModel,
    warn: warnAbout('validation'),
  });
  const trainer = await openTrainer(config, options, { checkpoint, weights }, paths.checkpoint);
  const averageBytes = config.training.emaDecay === null ? 0 : bytesPerAverage;
  const bytes = trainer.model.parameterCount * (bytesPerParameter + averageBytes);
  const problems = [await spaceWarning(paths.checkpoint, bytes), await syncWarning(paths.weights)];
  problems.filter((problem) => problem !== null).forEach(warnAbout('checkpoint'));
  const cache = imageCache(options.cache);
  const flush$ = new Subject<void>();
  const saves = savesOf(writer, () => flush$.next());
  return {
    config,
    ranks,
    trainer,
    dataset,
    items,
    cache,
    paths,
    start,
    resumed: checkpoint !== null,
    initFrom: weights?.source ?? null,
    validation,
    measured,
    warn,
    warnings$,
    skipped: skippedImages(warnAbout('dataset')),
    skippedHeldOut: skippedImages(warnAbout('validation')),
    writer,
    flush$,
    flushed() {
      flush$.next();
      return writer.flush();
    },
    lost$: writer.lost$,
    save: saves.save,
    async close() {
      try {
        await saves.settled();
        await writer.close();
        await lock.release();
      } finally {
        await Promise.all([
          trainer.dispose(),
          cache.close(),
          dataset.close?.(),
          validation?.dataset.close?.(),
        ]);
      }
    },
  };
}
