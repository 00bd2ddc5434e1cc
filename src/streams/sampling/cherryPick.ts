import {
  concatMap,
  defaultIfEmpty,
  defer,
  Observable,
  type ObservableInput,
  Subject,
  take,
  takeWhile,
} from 'rxjs';
import { checkCount } from '../../base/checkNumbers.js';
import type { ImageBatch } from '../../base/plainData.js';
import { coalesceCalls } from '../flow/coalesceCalls.js';
import {
  beginning,
  type CherryChoice,
  type CherryProgress,
  type CherryState,
  withBatch,
  withChoice,
  withoutBatch,
} from './cherryState.js';

/** Options of `cherryPick`. */
export interface CherryPickOptions {
  /** Number of images to pick. @default 9 */
  readonly keep?: number;
}

/** Batches of candidates: a stream, or a function from a batch number (from 0) to its batch; emitting nothing ends them. */
export type Candidates = Observable<ImageBatch> | ((number: number) => ObservableInput<ImageBatch>);

/**
 * Picks the best of many images, batch by batch. Emits the complete state at the start, after every choice, and when a batch
 * arrives; the last state has the chosen images in the chosen order.
 *
 *     candidates   -a----b
 *     choices      ---1n---2-u-3o
 *     cherryPick   SA-1w-B-2-u-3(D|)     S: empty, A, B: a batch, w: waiting for it, D: done
 *
 * Candidates given as a function are requested one batch ahead of the one shown, so they may be endless. Candidates given as a
 * stream push, and everything they emit early is kept, so the stream should be short.
 *
 * Choices made while a batch is being sampled wait for it. An invalid choice sets the state's `problem` and changes nothing else.
 * With one image to keep there is no order to choose. Completes when done, when the choices end (with the state as it is), and
 * when there is no batch at all. An error of the choices is passed on at once, an error of the candidates when its batch is
 * needed.
 * Ownership: plain data in and out; a pick is a copy and keeps nothing else of its batch in memory.
 *
 * @param candidates batches of images of one size: a stream, or a function of the batch number (from 0)
 * @param choices$ the user's choices
 * @param options how many images to pick
 * @throws RangeError at call time when `keep` is not a positive integer; in the stream when batches differ in size
 *
 * @example
 * ```ts
 * import { cherryPick, grid, loadModel, samples, useEngine, writeImage } from 'rx-nvae';
 * import { from, lastValueFrom } from 'rxjs';
 *
 * await useEngine();
 * using model = await loadModel('saved_weights/final_result_demo.model');
 * const choices$ = from([
 *   { type: 'toggle', number: 5 },
 *   { type: 'toggle', number: 1 },
 *   { type: 'order', order: [2, 1] },
 * ] as const);
 * const last$ = cherryPick((i) => samples(model, { firstBatch: i }), choices$, { keep: 2 });
 * const { chosen } = await lastValueFrom(last$);
 * if (chosen) await writeImage('best.png', grid(chosen));
 * ```
 */
export function cherryPick(
  candidates: Candidates,
  choices$: Observable<CherryChoice>,
  { keep = 9 }: CherryPickOptions = {},
): Observable<CherryState> {
  checkCount('cherryPick', 'keep', keep);
  return new Observable((subscriber) => {
    const requests = new Subject<number>();
    const arrived: ImageBatch[] = [];
    const choices: CherryChoice[] = [];
    let progress = beginning(keep);
    let [noCandidates, noChoices] = [false, false];
    let failure: { readonly thrown: unknown } | null = null;

    const become = (now: CherryProgress) => {
      progress = now;
      subscriber.next(now.state);
      if (now.state.phase === 'done') subscriber.complete();
    };
    const show = (images: ImageBatch) => {
      arrived.shift();
      checkSize(progress.state.images, images);
      become(withBatch(progress, images));
      if (!subscriber.closed && !noCandidates) requests.next(progress.state.batch);
    };
    const endCandidates = () => {
      become(withoutBatch(progress));
      if (progress.state.batch === 0) subscriber.complete();
    };
    const choose = (choice: CherryChoice) => {
      const now = withChoice(progress, choice);
      const [images] = arrived;
      if (!now.state.waiting || !images) return become(now);
      progress = now;
      show(images);
    };
    /** Makes one step that is possible now; returns false if there is none. */
    const step = (): boolean => {
      const { waiting, exhausted } = progress.state;
      const [images] = arrived;
      const [choice] = choices;
      if (noChoices && !choice) subscriber.complete();
      else if (waiting && images) show(images);
      else if (waiting && failure) subscriber.error(failure.thrown);
      else if (noCandidates && !images && !exhausted) endCandidates();
      else if (waiting || !choice) return false;
      else choose(choices.shift() ?? choice);
      return true;
    };
    const goOn = coalesceCalls(() => {
      try {
        while (!subscriber.closed && step());
      } catch (error) {
        subscriber.error(error);
      }
    });

    const wanted = () => !subscriber.closed;
    const batches$ = typeof candidates === 'function' ? requests.pipe(makeBatches(candidates)) : candidates;
    subscriber.next(progress.state);
    subscriber.add(
      batches$.pipe(takeWhile(wanted)).subscribe({
        next: (images) => {
          arrived.push(images);
          goOn();
        },
        error: (thrown) => {
          failure = { thrown };
          goOn();
        },
        complete: () => {
          noCandidates = true;
          goOn();
        },
      }),
    );
    requests.next(0);
    if (subscriber.closed) return;
    subscriber.add(
      choices$.pipe(takeWhile(wanted)).subscribe({
        next: (choice) => {
          choices.push(choice);
          goOn();
        },
        error: (error) => subscriber.error(error),
        complete: () => {
          noChoices = true;
          goOn();
        },
      }),
    );
  });
}

/** Makes the batch of each request, one at a time; completes after the first request that emits no batch. */
function makeBatches(candidates: (number: number) => ObservableInput<ImageBatch>) {
  const batch = (number: number) => defer(() => candidates(number)).pipe(take(1), defaultIfEmpty(null));
  return (requests: Observable<number>): Observable<ImageBatch> =>
    requests.pipe(
      concatMap(batch),
      takeWhile((images) => images !== null),
    );
}

function checkSize(before: ImageBatch | null, { shape }: ImageBatch): void {
  if (!before || (before.shape[1] === shape[1] && before.shape[2] === shape[2])) return;
  const size = (of: ImageBatch['shape']) => `${of[1]}x${of[2]}`;
  throw new RangeError(`cherryPick: expected images of ${size(before.shape)} as before, got ${size(shape)}`);
}
