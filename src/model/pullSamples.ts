import { nextTurn } from '../base/nextTurn.js';
import type { ImageBatch } from '../base/plainData.js';
import { type SampleBatches, type SamplesOptions, sampleBatches } from './sampleBatches.js';
import type { SampleSource } from './sampleSource.js';

/**
 * New images for `for await`, without RxJS: each batch is made when it is asked for, and one more while you use it. The
 * images are those of `samples` with the same options.
 *
 * Nothing is made before the first batch is asked for. `break`, `return` or an error in the loop ends the making; the loop
 * is left when a batch that was under way is done, so that no tensor is left and the model can be disposed.
 *
 * @param source a model, a trainer, or another `SampleSource`; stays the caller's
 * @param options as for `samples`; with `count: Infinity` the loop ends when you leave it
 * @returns batches `[n, height, width, 3]`, plain data, yours
 * @throws RangeError at call time when a number is out of range; in the loop what the source throws
 *
 * @example
 * ```ts
 * import { loadModel, pullSamples, useEngine } from 'rx-nvae/model';
 *
 * await useEngine();
 * using model = await loadModel('saved_weights/final_result_demo.model');
 * for await (const { pixels } of pullSamples(model, { count: Infinity, temperature: 0.7 })) {
 *   const mean = pixels.reduce((sum, value) => sum + value, 0) / pixels.length;
 *   if (mean > 200) break;
 * }
 * ```
 */
export function pullSamples(source: SampleSource, options: SamplesOptions = {}): AsyncIterable<ImageBatch> {
  const batches = sampleBatches('pullSamples', options);
  return { [Symbol.asyncIterator]: () => pull(source, batches) };
}

async function* pull(source: SampleSource, { length, make }: SampleBatches): AsyncGenerator<ImageBatch> {
  let left = false;
  let ahead: Promise<ImageBatch | null> = make(source, 0);
  try {
    for (let number = 0; number < length; number += 1) {
      const batch = await ahead;
      if (batch === null) return;
      const next = number + 1;
      // In a turn of its own: the engine computes within one, and this batch is wanted before the next one is made.
      ahead = nextTurn().then(() => (left || next >= length ? null : make(source, next)));
      ahead.catch(() => undefined); // thrown where it is awaited
      yield batch;
    }
  } finally {
    left = true;
    await ahead.catch(() => undefined);
  }
}
