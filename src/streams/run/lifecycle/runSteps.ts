/** The steps of a run, and the files written between them. */
import { catchError, concat, concatMap, defer, EMPTY, merge, type Observable, of, throwError } from 'rxjs';
import { messageOf } from '../../../base/errors.js';
import type { ImageBatch } from '../../../base/plainData.js';
import { checkpointExists } from '../../../checkpoint/checkpointExists.js';
import { EngineFailedError } from '../../../engine/index.js';
import { sideStream } from '../../flow/sideStream.js';
import { runEpochs } from '../epochs/runEpochs.js';
import { NonFiniteLossError } from '../errors.js';
import { type TrainEvent, warning } from '../events.js';
import type { Run } from '../opening/run.js';
import { resumeWords } from '../resumeWords.js';
import type { RunStore } from '../state/runStore.js';
import type { TrainOptions } from '../trainOptions.js';
import { checkpoints, previews } from './writeDue.js';

/** Milliseconds allowed for the last previews after the run: a large model takes minutes. */
const previewPatience = 10 * 60_000;

/**
 * Trains until the state says that the run is over, and writes whatever is due.
 *
 * @param inputs images that previews reconstruct; null for none
 */
export function runSteps(
  run: Run,
  options: TrainOptions,
  store: RunStore,
  inputs: ImageBatch | null,
): Observable<TrainEvent> {
  const { scheduler } = options;
  const { ranks } = run;
  return defer(() => {
    let error: { readonly thrown: unknown } | null = null;
    let isEnded = false;
    const steps$ = runEpochs(run, options, store).pipe(
      catchError((thrown: unknown) => {
        error = { thrown };
        return EMPTY;
      }),
    );
    const end$ = defer(() => {
      isEnded = true;
      if (!error) ranks?.ending();
      store.dispatch({ type: 'ended', failure: error ? failureOf(error.thrown) : 'none' });
      return EMPTY;
    });
    const checkpoints$ = checkpoints(run, options, store.due$).pipe(
      catchError((thrown: unknown) => {
        if (ranks === null || isEnded) return throwError(() => thrown);
        ranks.fail(thrown); // ends the steps of all ranks after the same one
        return EMPTY;
      }),
    );
    const trained$ = concat(steps$, end$);
    const written$ = merge(checkpoints$, trained$).pipe(
      sideStream(
        'previews',
        () => previews(run, options, store.due$, { inputs, succeeded: () => isEnded && !error }),
        {
          patience: previewPatience,
          ...(scheduler && { scheduler }),
        },
      ),
      // Report the error that ended the steps first; a failure to save the state afterwards is added to it.
      catchError((thrown: unknown) =>
        error ? of(warning('checkpoint', messageOf(thrown))) : throwError(() => thrown),
      ),
    );
    return concat(
      ranks?.speaks === false ? trained$ : written$,
      defer(() => (error ? withAdvice(error.thrown, run.paths.checkpoint) : EMPTY)),
    );
  });
}

/** After non-finite losses the weights may be diverging; a failed engine cannot read them. */
function failureOf(thrown: unknown): 'error' | 'fatal' {
  return thrown instanceof NonFiniteLossError || thrown instanceof EngineFailedError ? 'fatal' : 'error';
}

/** Fails with the error that ended the steps; if the message advises to try again, it adds where the run will resume. */
function withAdvice(thrown: unknown, checkpointPath: string): Observable<never> {
  if (!(thrown instanceof NonFiniteLossError)) return throwError(() => thrown);
  return defer(() => checkpointExists(checkpointPath)).pipe(
    concatMap((exists) => {
      thrown.message += `; ${resumeWords(exists)}`;
      return throwError(() => thrown);
    }),
  );
}
