import type { Observable } from 'rxjs';
import type { DataPosition } from '../../../checkpoint/checkpointContent.js';
import type { NvaeConfig } from '../../../config/types.js';
import type { ImageCache } from '../../../data/imageCache.js';
import type { SkippedImages } from '../epochs/skippedImages.js';
import type { WarningEvent } from '../events.js';
import type { TrainerLike } from '../trainerLike.js';
import type { RunWriter } from '../writer/runWriter.js';
import type { Save } from '../writer/savesOf.js';
import type { RunPaths } from './runPaths.js';
import type { ListedDataset } from './startOfData.js';

/** Emits a `warning` event. @param about as in `WarningEvent` */
export type Warn = (about: string, message: string) => void;

/** An open run: everything that `train` opens before the first step, and closes at the end. */
export interface Run extends ListedDataset {
  readonly config: NvaeConfig;
  readonly trainer: TrainerLike;
  readonly cache: ImageCache;
  readonly paths: RunPaths;
  /** Where the run begins in its data. */
  readonly start: DataPosition;
  /** Whether the trainer has the state of a checkpoint. */
  readonly resumed: boolean;
  readonly warn: Warn;
  /** All warnings of the run; never completes. */
  readonly warnings$: Observable<WarningEvent>;
  /** Reports images that are skipped. */
  readonly skipped: SkippedImages;
  /** Writes the logs and checkpoints, in order. */
  readonly writer: RunWriter;
  /** Emits when those who buffer parts of a log have to hand them to `writer`. */
  readonly flush$: Observable<void>;
  /** Done when the logs of all events so far are on disk, or their disk has hung for too long. */
  flushed(): Promise<void>;
  /** Never emits; fails when another process takes over the run. */
  readonly lost$: Observable<never>;
  /**
   * How checkpoints are saved: by `writer`, or by a function of the user. The logs of all events before are on disk first, and
   * `close` waits for saves that are running.
   */
  save(own?: Save): Save;
  /** Releases everything; the lock last, when no file of the run is being written any more. */
  close(): Promise<void>;
}
