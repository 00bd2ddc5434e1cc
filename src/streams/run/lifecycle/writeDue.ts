/** Writers of what the state of a run says is due. */
import { catchError, concat, filter, map, type Observable, of } from 'rxjs';
import { messageOf } from '../../../base/errors.js';
import type { ImageBatch } from '../../../base/plainData.js';
import { EngineFailedError } from '../../../engine/index.js';
import { writeImage } from '../../../pictures/writeImage.js';
import { writeCheckpoints } from '../../writers/writeCheckpoints.js';
import { type PreviewKind, writePreviews } from '../../writers/writePreviews.js';
import { type CheckpointEvent, type PreviewEvent, type WarningEvent, warning } from '../events.js';
import type { Run } from '../opening/run.js';
import type { Due } from '../state/runState.js';
import type { TrainOptions } from '../trainOptions.js';

/** Writes a checkpoint whenever one is due. An error ends the run. */
export function checkpoints(
  { trainer, paths, save }: Run,
  { checkpoints, scheduler, clock }: TrainOptions,
  due$: Observable<Due>,
): Observable<CheckpointEvent | WarningEvent> {
  const time = { ...(scheduler && { scheduler }), ...(clock && { clock }) };
  return due$.pipe(
    filter(({ writes }) => writes.includes('checkpoint')),
    writeCheckpoints(trainer, {
      ...checkpoints,
      ...time,
      save: save(checkpoints?.save),
      path: paths.checkpoint,
    }),
  );
}

interface OfPreviews {
  /** Images to reconstruct; null for none. */
  readonly inputs: ImageBatch | null;
  /** Whether all steps are done, and none has failed. */
  readonly succeeded: () => boolean;
}

/**
 * Writes previews whenever they are due. An error becomes a warning: the next ones may succeed, for example after a full disk. If the
 * engine has failed, a step reports that.
 */
export function previews(
  { trainer, paths, writer }: Run,
  { previews }: TrainOptions,
  due$: Observable<Due>,
  { inputs, succeeded }: OfPreviews,
): Observable<PreviewEvent | WarningEvent> {
  const write = async (path: string, image: ImageBatch) => {
    await writer.ready();
    await writeImage(path, image);
  };
  return due$.pipe(
    map((due) => ({ ...due, kinds: previewKinds(due) })),
    filter(({ kinds }) => kinds.length > 0),
    writePreviews(trainer, { ...previews, folder: paths.previews, inputs, write }),
    catchError((error: unknown, again) => {
      const isReported = error instanceof EngineFailedError && !succeeded();
      return isReported ? again : concat(of(warning('previews', `previews: ${messageOf(error)}`)), again);
    }),
  );
}

function previewKinds({ writes }: Due): PreviewKind[] {
  const kinds: PreviewKind[] = [];
  if (writes.includes('reconstruct')) kinds.push('reconstruction');
  if (writes.includes('sample')) kinds.push('samples');
  return kinds;
}
