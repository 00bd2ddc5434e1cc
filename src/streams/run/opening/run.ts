import type { Observable } from 'rxjs';
import type { DataPosition } from '../../../checkpoint/checkpointContent.js';
import type { ValidationRecord } from '../../../checkpoint/validationRecord.js';
import type { NvaeConfig } from '../../../config/types.js';
import type { ImageCache } from '../../../data/imageCache.js';
import type { SkippedImages } from '../epochs/skippedImages.js';
import type { WarningEvent } from '../events.js';
import type { RunRanks } from '../ranks/runRanks.js';
import type { TrainerLike } from '../trainerLike.js';
import type { RunWriter } from '../writer/runWriter.js';
import type { Save } from '../writer/savesOf.js';
import type { ValidationSet } from './heldOutImages.js';
import type { RunPaths } from './runPaths.js';
import type { ListedDataset } from './startOfData.js';

/** Emits a `warning` event. @param about as in `WarningEvent` */
export type Warn = (about: string, message: string) => void;

/** An open run: everything that `train` opens before the first step and closes at the end. */
export interface Run extends ListedDataset {
  readonly config: NvaeConfig;
  /** The ranks that train together; null for a process on its own. */
  readonly ranks: RunRanks | null;
  readonly trainer: TrainerLike;
  readonly cache: ImageCache;
  readonly paths: RunPaths;
  /** The position in the dataset where the run starts. */
  readonly start: DataPosition;
  /** Whether the trainer was restored from a checkpoint. */
  readonly resumed: boolean;
  /** As in `StartedEvent.initFrom`. */
  readonly initFrom: string | null;
  /** Held-out images; null if the run is not measured. */
  readonly validation: ValidationSet | null;
  /** What earlier sessions have measured; null for nothing. */
  readonly measured: ValidationRecord | null;
  readonly warn: Warn;
  /** All warnings of the run; never completes. */
  readonly warnings$: Observable<WarningEvent>;
  /** Reports images that are skipped. */
  readonly skipped: SkippedImages;
  /** The same for held-out images. */
  readonly skippedHeldOut: SkippedImages;
  /** Writes the logs and checkpoints, in order. */
  readonly writer: RunWriter;
  /** Emits when writers with buffered log data must pass it to `writer`. */
  readonly flush$: Observable<void>;
  /** Resolves when the logs of all events so far are on disk, or their disk has hung for too long. */
  flushed(): Promise<void>;
  /** Never emits; fails when another process takes the run over. */
  readonly lost$: Observable<never>;
  /**
   * How checkpoints are saved: by `writer`, or by the user's own function. The logs of all earlier events are on disk first, and
   * `close` waits for running saves.
   */
  save(own?: Save): Save;
  /** Releases everything; the lock last, when no file of the run is being written. */
  close(): Promise<void>;
}
