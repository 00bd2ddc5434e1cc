/** A quick speed measurement: one convolution of the kind that dominates a training step. */
import { useEngine } from '../../engine/index.js';
import * as tf from '../../engine/tf.js';

export interface EngineSpeed {
  readonly engine: string;
  /** Floating-point operations per second in the fastest of several runs. */
  readonly convolutionFlops: number;
}

const shape: [number, number, number, number] = [4, 32, 32, 64];

/** Times a 3x3 convolution of [4, 32, 32, 64] to 64 channels on the given engine, for about a quarter of a second. */
export async function measureEngineSpeed(engineName: string): Promise<EngineSpeed> {
  const { name: engine } = await useEngine(engineName);
  const x = tf.ones(shape);
  const filter = tf.ones([3, 3, 64, 64]) as tf.Tensor4D;
  const flops = 2 * 4 * 32 * 32 * 9 * 64 * 64;
  let seconds = Number.POSITIVE_INFINITY;
  const end = performance.now() + 250;
  do {
    const start = performance.now();
    const y = tf.conv2d(x as tf.Tensor4D, filter, 1, 'same');
    const corner = tf.slice(y, [0, 0, 0, 0], [1, 1, 1, 1]);
    await corner.data();
    seconds = Math.min(seconds, (performance.now() - start) / 1000);
    tf.dispose([y, corner]);
  } while (performance.now() < end);
  tf.dispose([x, filter]);
  return { engine, convolutionFlops: flops / seconds };
}
