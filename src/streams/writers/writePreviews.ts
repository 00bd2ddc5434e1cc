import { join } from 'node:path';
import {
  concat,
  concatMap,
  defer,
  EMPTY,
  ignoreElements,
  type Observable,
  type ObservableInput,
  type OperatorFunction,
  of,
} from 'rxjs';
import { grid } from '../../base/grid.js';
import { joinImages } from '../../base/imageBatches.js';
import type { ImageBatch } from '../../base/plainData.js';
import type { Position } from '../../checkpoint/snapshot.js';
import type { Temperature } from '../../model/sampleSource.js';
import { writeImage } from '../../pictures/writeImage.js';
import { newestMap } from '../flow/newestMap.js';
import type { PreviewEvent } from '../run/events.js';
import type { TrainerLike } from '../run/trainerLike.js';

/** Options of `writePreviews`. */
export interface WritePreviewsOptions {
  /** Folder of the pictures: `reconstruction_<images seen>.png` and `samples_<images seen>.png`. */
  readonly folder: string;
  /** Images to reconstruct, of the model's size; null for none. */
  readonly inputs: ImageBatch | null;
  /** Number of samples; 0 for none. @default 9 */
  readonly samples?: number;
  /** Temperature of the samples. @default 0.7 */
  readonly temperature?: Temperature;
  /** Iterations of the batch-norm re-adjustment for the samples. @default 10 */
  readonly iterations?: number;
  /** Writes a picture; completes when done. @default writeImage */
  readonly write?: (path: string, image: ImageBatch) => ObservableInput<unknown>;
}

/** What a preview shows. */
export type PreviewKind = PreviewEvent['kind'];

/** A position at which to write previews. */
export interface PreviewPosition extends Position {
  /** Which previews. @default both */
  readonly kinds?: readonly PreviewKind[];
}

/**
 * Writes pictures of what the model has learned at each position: inputs above their reconstructions, and new samples.
 *
 *     positions       a-----------|
 *     writePreviews   ---R---S----|
 *
 * The trainer makes them between two steps. Meanwhile only the newest position waits. An error of the trainer or of a write is
 * passed on: use `sideStream`.
 *
 * @param trainer the trainer that makes reconstructions and samples; it stays the caller's
 * @param options folder, inputs, and how samples are made
 *
 * @example
 * ```ts
 * import { batch, decodeImages, images, loadConfig, Trainer, trainStep, useEngine, writePreviews } from 'rx-nvae';
 * import { filter, finalize } from 'rxjs';
 *
 * await useEngine();
 * const config = await loadConfig('demo');
 * const trainer = await Trainer.create(config);
 * images('photos')
 *   .pipe(
 *     decodeImages({ size: config.model.inputDimension, channels: config.model.imageChannels }),
 *     batch(config.training.batchSize),
 *     trainStep(trainer),
 *     filter(({ step }) => step % 100 === 0),
 *     writePreviews(trainer, { folder: 'previews', inputs: null }),
 *     finalize(() => void trainer.dispose()),
 *   )
 *   .subscribe(({ path }) => console.log(path));
 * ```
 */
export function writePreviews(
  trainer: Pick<TrainerLike, 'reconstruct' | 'sampleImages'>,
  options: WritePreviewsOptions,
): OperatorFunction<PreviewPosition, PreviewEvent> {
  return newestMap(({ kinds = ['reconstruction', 'samples'], ...position }) =>
    concat(
      kinds.includes('reconstruction') ? reconstruction(trainer, position, options) : EMPTY,
      kinds.includes('samples') ? newImages(trainer, position, options) : EMPTY,
    ),
  );
}

type Previewer = Pick<TrainerLike, 'reconstruct' | 'sampleImages'>;

function reconstruction(
  trainer: Previewer,
  { step, imagesSeen }: Position,
  { folder, inputs, write = writeImage }: WritePreviewsOptions,
): Observable<PreviewEvent> {
  if (!inputs) return EMPTY;
  const path = join(folder, `reconstruction_${imagesSeen}.png`);
  return concat(
    defer(() => trainer.reconstruct(inputs)).pipe(
      concatMap((outputs) => write(path, inputsAbove(inputs, outputs))),
      ignoreElements(),
    ),
    of<PreviewEvent>({ type: 'preview', kind: 'reconstruction', path, step, imagesSeen }),
  );
}

function newImages(
  trainer: Previewer,
  { step, imagesSeen }: Position,
  { folder, samples = 9, temperature = 0.7, iterations = 10, write = writeImage }: WritePreviewsOptions,
): Observable<PreviewEvent> {
  if (samples === 0) return EMPTY;
  const path = join(folder, `samples_${imagesSeen}.png`);
  return concat(
    defer(() => trainer.sampleImages(samples, temperature, { iterations })).pipe(
      concatMap((images) => write(path, grid(images))),
      ignoreElements(),
    ),
    of<PreviewEvent>({ type: 'preview', kind: 'samples', path, step, imagesSeen }),
  );
}

/** One picture with inputs in the first row and outputs in the second. */
export function inputsAbove(inputs: ImageBatch, outputs: ImageBatch): ImageBatch {
  return grid(joinImages([inputs, outputs]), inputs.shape[0]);
}
