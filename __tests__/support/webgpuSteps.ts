/** Run as a process of its own by webgpu.test.ts: gradients on webgpu and on cpu, printed as one line of JSON. */
import { listEngines, useEngine } from '../../src/engine/index.js';
import { silu, upsampleNearest2x } from '../../src/engine/ops.js';
import * as tf from '../../src/engine/tf.js';
import { releaseGpu } from '../../src/engine/webgpu.js';

function values(shape: number[], seed: number): tf.Tensor {
  const size = tf.util.sizeFromShape(shape);
  return tf.tensor(
    Float32Array.from({ length: size }, (_, i) => Math.sin(seed + 1.7 * i) / 2),
    shape,
  );
}

/** A little of everything that the model differentiates. */
function objective(x: tf.Tensor, filter: tf.Tensor, depthwise: tf.Tensor, down: tf.Tensor): tf.Scalar {
  const hidden = silu(tf.conv2d(x as tf.Tensor4D, filter as tf.Tensor4D, 1, 1));
  const wide = tf.elu(tf.depthwiseConv2d(hidden, depthwise as tf.Tensor4D, 1, 2));
  const small = tf.conv2d(wide, down as tf.Tensor4D, 2, 1);
  const joined = tf.concat([upsampleNearest2x(small), wide], 3);
  const gate = tf.sigmoid(tf.mean(joined, [1, 2], true));
  return tf.mean(tf.softplus(tf.logSumExp(tf.mul(joined, gate), 3)));
}

async function gradientsOn(engine: string): Promise<number[][]> {
  await useEngine(engine);
  const inputs = [
    values([2, 6, 6, 3], 1),
    values([3, 3, 3, 4], 2),
    values([5, 5, 4, 1], 3),
    values([3, 3, 4, 5], 4),
  ];
  const gradients = tf.grads(objective)(inputs);
  return Promise.all(gradients.map(async (gradient) => [...(await gradient.data())]));
}

const report = (await listEngines()).find(({ name }) => name === 'webgpu');
const gradients = report?.usable
  ? { webgpu: await gradientsOn('webgpu'), cpu: await gradientsOn('cpu') }
  : null;
process.stdout.write(`${JSON.stringify({ report, gradients })}\n`);
releaseGpu();
