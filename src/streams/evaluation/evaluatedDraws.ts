import { Observable } from 'rxjs';
import type { NamedImages } from '../../base/plainData.js';
import type { BatchEvaluation } from '../../model/evaluation/batchEvaluation.js';
import { evaluateBatch } from '../../model/evaluation/evaluateBatch.js';
import { NonFiniteImagesError } from '../../model/nonFiniteImagesError.js';
import type { Nvae } from '../../model/nvae.js';

/**
 * The number of draws done for a batch, after each draw but the last, and then its evaluation.
 *
 *     evaluatedDraws   --1--2--(e|)
 *
 * Unsubscribing ends it after the running draw.
 *
 * @throws NonFiniteImagesError in the stream when a value of an image is not finite
 */
export function evaluatedDraws(
  model: Nvae,
  images: NamedImages,
  { samples, seed }: { readonly samples: number; readonly seed: number },
): Observable<number | BatchEvaluation> {
  return new Observable((subscriber) => {
    const abort = new AbortController();
    subscriber.add(() => abort.abort());
    const onDraw = (draws: number) => {
      if (draws < samples) subscriber.next(draws);
    };
    const options = { samples, seed, keys: images.names, signal: abort.signal, onDraw };
    evaluateBatch(model, images, options).then(
      (evaluation) => {
        const damaged = nonFinite(evaluation);
        if (damaged > 0) return subscriber.error(new NonFiniteImagesError(damaged, images.names.length));
        subscriber.next(evaluation);
        subscriber.complete();
      },
      (error) => subscriber.error(error),
    );
  });
}

/** The number of images with a value that is not finite. */
function nonFinite({ negativeElbo, negativeElboMass }: BatchEvaluation): number {
  return negativeElbo.filter((value, i) => !Number.isFinite(value + (negativeElboMass[i] ?? 0))).length;
}
