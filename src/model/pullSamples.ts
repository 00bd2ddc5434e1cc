import { nextTurn } from '../base/nextTurn.js';
import type { ImageBatch } from '../base/plainData.js';
import { type SampleBatches, type SamplesOptions, sampleBatches } from './sampleBatches.js';
import type { SampleSource } from './sampleSource.js';

/**
 * Samples new images for `for await`, without RxJS. Each batch is made when it is requested, and one more while you use it. The
 * images are those of `samples` with the same options.
 *
 * Nothing is made before the first batch is requested. `break`, `return` or an error in the loop stops sampling. The loop
 * exits when a batch in progress is done, so no tensor is left and the model can be disposed of.
 *
 * @param source a model, a trainer, or another `SampleSource`; the caller keeps it
 * @param options as for `samples`; with `count: Infinity` the loop ends when you leave it
 * @returns batches `[n, height, width, channels]` as plain data; the caller owns them
 * @throws RangeError at call time when a number is out of range; in the loop, whatever the source throws
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
      // In a separate turn: the engine computes within one turn, and this batch must be delivered before the next one is made.
      ahead = nextTurn().then(() => (left || next >= length ? null : make(source, next)));
      ahead.catch(() => undefined); // it is thrown where it is awaited
      yield batch;
    }
  } finally {
    left = true;
    await ahead.catch(() => undefined);
  }
}
