/**
 * Runs as a separate process for kernels.test.ts: compares the tensorflow engine with the cpu engine, and prints one line of JSON.
 * In jest's realm, libtensorflow's typed arrays would be foreign.
 */

import type { NvaeConfig } from '../../src/config/types.js';
import { useEngine } from '../../src/engine/index.js';
import * as tf from '../../src/engine/tf.js';
import { Trainer } from '../../src/training/trainer.js';
import { distanceOf, type ExecutedKernel, executedKernels } from './executedKernels.js';
import { smallBatch, smallConfig } from './smallConfig.js';

type Shape = [number, number, number, number];

/** The same numbers in every run. */
function values(shape: Shape, seed: number): tf.Tensor4D {
  const size = tf.util.sizeFromShape(shape);
  return tf.tensor4d(
    Float32Array.from({ length: size }, (_, i) => Math.sin(seed + 1.7 * i)),
    shape,
  );
}

type Padding = number | 'same' | 'valid';

/** A convolution forward and backward, also depthwise; height and width differ, so that swapped axes are detected. */
async function convolutions(size: number, kernel: number, stride: number, pad: Padding): Promise<void> {
  const x = values([2, size, size + 3, 4], 1);
  const each = [
    { filter: values([kernel, kernel, 4, 5], 2), convolve: tf.conv2d },
    { filter: values([kernel, kernel, 4, 1], 3), convolve: tf.depthwiseConv2d },
  ];
  for (const { filter, convolve } of each) {
    const objective = (a: tf.Tensor, b: tf.Tensor) =>
      tf.sum(tf.square(convolve(a as tf.Tensor4D, b as tf.Tensor4D, stride, pad)));
    tf.dispose([filter, tf.grads(objective)([x, filter])]);
  }
  x.dispose();
}

/** Every explicit padding of the model, its strides, odd and even sizes down to one pixel, and the named paddings. */
async function allConvolutions(): Promise<void> {
  for (const size of [1, 2, 5, 8]) {
    for (const kernel of [1, 3, 5]) {
      for (const stride of [1, 2]) {
        const paddings: Padding[] = [(kernel - 1) / 2, 'same', ...(size >= kernel ? ['valid' as const] : [])];
        for (const pad of paddings) await convolutions(size, kernel, stride, pad);
      }
    }
  }
  await convolutions(4, 3, 1, 3);
  await convolutions(7, 3, 2, 2);
}

/** The filter gradient of oneDNN damages the heap in this geometry; a process that has done so does not end well. */
async function downsampling(): Promise<void> {
  const x = values([3, 16, 16, 4], 1);
  const filter = values([1, 1, 4, 8], 2);
  const objective = (a: tf.Tensor, b: tf.Tensor) =>
    tf.sum(tf.square(tf.conv2d(a as tf.Tensor4D, b as tf.Tensor4D, 2, 0)));
  for (let i = 0; i < 20; i++) tf.dispose(tf.grads(objective)([x, filter]));
  tf.dispose([x, filter]);
}

/** Training, evaluation and sampling of a small model. */
async function life(config: NvaeConfig): Promise<void> {
  const trainer = await Trainer.create(config);
  for (const number of [0, 1]) await trainer.step(smallBatch(number), number);
  await trainer.reconstruct(smallBatch(2));
  await trainer.sampleImages(2, 0.7, { iterations: 1 });
  await trainer.dispose();
}

const models = [
  smallConfig({}, { gradientClipping: 1 }),
  smallConfig({ samplingMethod: 'gaussian', fixedFlows: true }),
  smallConfig({ samplingMethod: 'gaussian_mixture', numFlows: 0 }, { useTensorCheckpoints: true }),
];

interface Distance {
  readonly kernel: string;
  /** Null if there is no number: the kernel throws or returns an invalid result. */
  readonly distance: number | null;
  readonly problem?: string;
}

async function distances(kernels: readonly ExecutedKernel[]): Promise<Distance[]> {
  const found: Distance[] = [];
  for (const kernel of kernels) {
    const shapes = Object.entries(kernel.inputs).map(([name, { shape }]) => `${name} [${shape}]`);
    const described = `${kernel.name} of ${shapes.join(', ')} ${JSON.stringify(kernel.attributes)}`;
    try {
      found.push({ kernel: described, distance: await distanceOf(kernel) });
    } catch (error) {
      found.push({ kernel: described, distance: null, problem: String(error) });
    }
  }
  return found;
}

await useEngine('cpu');
const isConvolution = ({ name }: ExecutedKernel) => /Conv2d/i.test(name);
const convolutionsOf = async (run: () => Promise<void>) =>
  (await executedKernels(run, Number.POSITIVE_INFINITY)).filter(isConvolution);
const ofConvolutions = await convolutionsOf(allConvolutions);
const ofDownsampling = await convolutionsOf(downsampling);
const ofModels = await executedKernels(async () => {
  for (const config of models) await life(config);
}, 6);

await useEngine('tensorflow');
let warnings = 0;
console.warn = () => {
  warnings += 1;
};
const before = tf.memory();
const onCpu = await distances([...ofConvolutions, ...ofDownsampling, ...ofModels]);
// The operations chosen for a GPU also work on a CPU, but for the one with the fault.
Object.defineProperty(tf.backend(), 'isUsingGpuDevice', { value: true });
const hasFault = ({ name, attributes }: ExecutedKernel) =>
  name === 'Conv2DBackpropFilter' &&
  attributes.strides === 2 &&
  String(attributes.filterShape).startsWith('1,1,');
const forGpu = await distances(ofConvolutions.filter((kernel) => !hasFault(kernel)));
const after = tf.memory();
const left = {
  tensors: after.numTensors - before.numTensors,
  buffers: after.numDataBuffers - before.numDataBuffers,
};
process.stdout.write(`${JSON.stringify({ onCpu, forGpu, warnings, left })}\n`);
