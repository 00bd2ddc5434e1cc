/** The largest singular values of many weights, by power iterations; see ../../fused/spectralNorms.ts for the formulas. */
import type * as tf from '../../tf.js';
import { type Device, type WebgpuKernel, webgpuKernel } from './kernel.js';
import { sumOfFew } from './largestMagnitudes.js';
import { beginsOf, matricesOf, placesOf, timesColumns, timesRows } from './manyWeights.js';
import { outerProducts, writeOuterProducts } from './outerProducts.js';
import { toUnit, toUnitOrBefore } from './unitVectors.js';

interface Layer {
  readonly rows: number;
  readonly columns: number;
}

const gradients = outerProducts('spectral norm: gradients', ['dy', 'u', 'v'], 'dy[0] * v[row] * u[column]');

function iterate(
  weights: readonly tf.TensorInfo[],
  before: tf.TensorInfo,
  layers: readonly Layer[],
  { iterations, smallestNorm }: { readonly iterations: number; readonly smallestNorm: number },
  device: Device,
): tf.TensorInfo[] {
  const matrices = matricesOf(weights, layers);
  const [rowBegins, columnBegins] = (['rows', 'columns'] as const).map((key) =>
    device.constant(beginsOf(layers.map((layer) => layer[key]))),
  ) as [tf.TensorInfo, tf.TensorInfo];
  const rows = layers.reduce((sum, layer) => sum + layer.rows, 0);
  const outputs = (length: number) =>
    [0, 1].map(() => device.output([length])) as [tf.TensorInfo, tf.TensorInfo];
  const [[a, v], [b, u], [norms]] = [outputs(rows), outputs(before.shape[0]!), outputs(layers.length)];
  const sum = device.output([]);
  const numbers = [layers.length, smallestNorm];
  for (let k = 0; k < iterations; k += 1) {
    timesColumns(matrices, k === 0 ? before : u, a, device);
    device.run(toUnit, [a, rowBegins], [v, norms], numbers, layers.length);
    timesRows(matrices, v, b, device);
    const isLast = k === iterations - 1;
    if (!isLast) device.run(toUnit, [b, columnBegins], [u, norms], numbers, layers.length);
    else device.run(toUnitOrBefore, [b, columnBegins, before], [u, norms], numbers, layers.length);
  }
  device.run(sumOfFew, [norms], [sum], [layers.length], 1);
  return [sum, u, v];
}

export const spectralNormsKernels: readonly WebgpuKernel[] = [
  webgpuKernel('SpectralNorms', (inputs, { layers, iterations, smallestNorm }, device) => {
    const tensors = Object.values(inputs);
    const settings = { iterations: iterations as number, smallestNorm: smallestNorm as number };
    return iterate(tensors.slice(0, -1), tensors.at(-1)!, layers as Layer[], settings, device);
  }),

  webgpuKernel('SpectralNormsGrad', ({ dy, u, v }, { layers, shapes }, device) =>
    writeOuterProducts(gradients, [dy!, u!, v!], placesOf(layers as Layer[]), shapes as number[][], device),
  ),
];
