/** Sums of gradients that nobody reads before the end of the backward pass, added up a few at a time in the memory of their first terms. */
import { runInPlace } from '../fused/inPlaceKernel.js';
import * as tf from '../tf.js';

/** What one dispatch of a device can add up. */
const mostPairs = 4;

const kernel = 'AddInPlace';

interface Pair {
  readonly target: tf.Tensor;
  readonly term: tf.Tensor;
}

export class LaterSums {
  #pairs: Pair[] = [];

  /** Whether the engine can add to this tensor in its own memory, which no other tensor may share. */
  static canAddTo({ dataId, dtype }: tf.Tensor): boolean {
    return dtype === 'float32' && isPossible() && tf.backend().refCount(dataId) === 1;
  }

  /** Will add the term to the target, and dispose of the term. */
  add(target: tf.Tensor, term: tf.Tensor): void {
    if (this.#pairs.some((pair) => pair.target === target)) this.end();
    this.#pairs.push({ target, term });
    if (this.#pairs.length === mostPairs) this.end();
  }

  /** Computes the sums that are left. */
  end(): void {
    const pairs = this.#pairs;
    if (pairs.length === 0) return;
    this.#pairs = [];
    const named = (key: keyof Pair) => pairs.map((pair, i) => [`${key}${i}`, pair[key]] as const);
    const targets = pairs.map(({ target }) => target);
    runInPlace(kernel, targets, () => Object.fromEntries([...named('target'), ...named('term')]), {});
    tf.dispose(pairs.map(({ term }) => term));
  }
}

function isPossible(): boolean {
  return tf.getKernel(kernel, tf.getBackend()) !== undefined;
}
