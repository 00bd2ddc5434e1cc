import { catchError, concatMap, defer, map, merge, type Observable, of, retry, take, throwError } from 'rxjs';
import { messageOf } from '../../../base/errors.js';
import { saveBestModel } from '../../../checkpoint/bestModel.js';
import { RunTakenOverError } from '../../../checkpoint/lock/errors.js';
import type { BestRecord } from '../../../checkpoint/validationRecord.js';
import { longTimer } from '../../flow/longTimer.js';
import type { Run } from '../opening/run.js';
import type { TrainOptions } from '../trainOptions.js';

/**
 * Writes the model as the best one; emits whether that succeeded. Tries as often as for a checkpoint; then a warning says what is
 * wrong, and the run continues: the file of the best model so far is intact.
 *
 * @param stop$ when it emits, the next try does not wait
 * @throws RunTakenOverError in the stream when another process has taken the run over
 */
export function writeBestModel(
  { trainer, paths, writer, save, warn }: Run,
  { checkpoints: { retries = 3, retryDelay = 1000 } = {}, scheduler }: TrainOptions,
  best: BestRecord,
  stop$: Observable<unknown>,
): Observable<boolean> {
  const path = paths.bestModel;
  const guard = () => writer.ready();
  const write = save((file, model) => saveBestModel(file, model, best, { guard }));
  const delay = (error: unknown, tries: number) => {
    if (error instanceof RunTakenOverError) return throwError(() => error);
    return merge(longTimer(retryDelay * 2 ** (tries - 1), scheduler), stop$).pipe(take(1));
  };
  return defer(() => trainer.snapshot()).pipe(
    concatMap((model) => defer(() => write(path, model)).pipe(retry({ count: retries, delay }))),
    map(() => true),
    catchError((error: unknown) => {
      if (error instanceof RunTakenOverError) return throwError(() => error);
      const what = `the best model so far (epoch ${best.epoch + 1}) could not be written`;
      warn(
        'validation',
        `${messageOf(error)}; ${what}, and the next one that is better than the file is tried again`,
      );
      return of(false);
    }),
  );
}
