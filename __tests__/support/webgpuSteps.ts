/** Runs as a separate process for webgpu.test.ts: prints what webgpu and cpu compute, and what fails, as one line of JSON. */
import { listEngines, useEngine } from '../../src/engine/index.js';
import { globalNorm, silu, upsampleNearest2x } from '../../src/engine/ops.js';
import * as tf from '../../src/engine/tf.js';
import { releaseGpu } from '../../src/engine/webgpu/loader.js';
import { failureOf } from './failureOf.js';

function values(shape: number[], seed: number): tf.Tensor {
  const size = tf.util.sizeFromShape(shape);
  return tf.tensor(
    Float32Array.from({ length: size }, (_, i) => Math.sin(seed + 1.7 * i) / 2),
    shape,
  );
}

/** Some of every operation that the model differentiates. */
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

/** More tensors than a device accepts in one operation, through every operation with a variable number of them. */
async function ofManyOn(engine: string): Promise<number[][]> {
  await useEngine(engine);
  const results = [1, 7, 8, 13, 79].map((count) =>
    tf.tidy(() => {
      const tensors = Array.from({ length: count }, (_, i) => tf.mul(values([40, 50], i), 2));
      const scalars = tensors.map((tensor) => tf.sum(tensor));
      const norm = globalNorm(tensors);
      return [tf.addN(tensors), tf.addN(scalars), tf.concat(tensors), tf.stack(tensors, 1), norm];
    }),
  );
  const all = await Promise.all(results.flat().map((tensor) => tensor.data()));
  return all.map((data) => [...data].filter((_, i) => i % 97 === 0));
}

interface Device {
  readonly limits: { readonly maxStorageBufferBindingSize: number };
  createBuffer(descriptor: { readonly size: number; readonly usage: number }): object;
  destroy(): void;
}

function device(): Device {
  return (tf.backend() as unknown as { readonly device: Device }).device;
}

const refuse = () => device().createBuffer({ size: 2 ** 50, usage: 0x80 });
const small = () => tf.add(values([3000], 1), 1);

/** Errors for impossible computations; after each failure the engine is restarted. */
async function failures(): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  const note = async (name: string, work: () => Promise<unknown>) => {
    await useEngine('webgpu');
    found[name] = await failureOf(work);
  };
  await note('too large', async () => {
    const rows = device().limits.maxStorageBufferBindingSize / 4096 + 1;
    return tf.add(tf.zeros([rows, 1024]), 1).data();
  });
  await note('still works', () => small().data());
  await note('read synchronously', async () => small().dataSync());
  await note('refused before an operation', async () => {
    refuse();
    return small();
  });
  await note('refused before reading', async () => {
    const result = small();
    refuse();
    return result.data();
  });
  await note('refused while reading', async () => {
    const reading = small().data();
    refuse();
    return reading;
  });
  await note('lost while reading', async () => {
    const reading = small().data();
    device().destroy();
    return reading;
  });
  await note('lost before', async () => {
    device().destroy();
    return small().data();
  });
  await note('works again', () => small().data());
  return found;
}

const report = (await listEngines()).find(({ name }) => name === 'webgpu');
const results = report?.usable
  ? {
      gradients: { webgpu: await gradientsOn('webgpu'), cpu: await gradientsOn('cpu') },
      ofMany: { webgpu: await ofManyOn('webgpu'), cpu: await ofManyOn('cpu') },
      failures: await failures(),
    }
  : null;
process.stdout.write(`${JSON.stringify({ report, results })}\n`);
releaseGpu();
