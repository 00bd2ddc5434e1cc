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

export interface CherryPickOptions {
  /** Number of images to pick. @default 9 */
  readonly keep?: number;
}

/** Batches of candidates: those of a stream, or made one at a time, by number from 0 on; one that is empty is the end. */
export type Candidates = Observable<ImageBatch> | ((number: number) => ObservableInput<ImageBatch>);

/**
 * Pick the best of many images: shows them batch by batch, and gives the whole state to begin with, after every choice,
 * and when a batch arrives. The last state has the chosen images in the chosen order.
 *
 *     candidates   -a----b
 *     choices      ---1n---2-u-3o
 *     cherryPick   SA-1w-B-2-u-3(D|)     S nothing yet, A, B a batch, w waiting for it, D done
 *
 * Demand: RxJS has none, so candidates that are a function are asked for a batch when there is room for it, one shown and
 * one ahead, and what they give is cold until then: they may be endless (`(i) => samples(model, { firstBatch: i })`). A
 * stream pushes instead; what it gives early is kept, all of it, so it should be short.
 *
 * Choices that come while a batch is made wait for it. One that cannot be is told in the state's `problem`, and
 * changes nothing else. With one image to keep there is no order to choose. Completes when done; when the choices
 * end, with the state as it is; and when there is no batch at all. Errors of the choices pass at once, one of the
 * candidates when the batch that it stands for is asked for: whoever has all picks by then never needs it.
 * Ownership: plain data in and out; a pick is a copy and keeps nothing else of its batch.
 *
 * @throws RangeError at call time when `keep` is no positive integer; in the stream, when batches differ in size
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
    /** Does one thing that can be done now; false where there is nothing. */
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
    const batches$ = typeof candidates === 'function' ? requests.pipe(made(candidates)) : candidates;
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

/** Makes the batch of each request, one at a time; completes behind the first request that gives none. */
function made(candidates: (number: number) => ObservableInput<ImageBatch>) {
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
