/** Squeeze-excitation and the sum with the skip; names are as in ../../fused/squeezeExcite.ts. */
import type { Attributes } from '../../fused/composite.js';
import type * as tf from '../../tf.js';
import type { Shader } from '../shader.js';
import { columnLayout, columnNumbers, columnSums } from './columns.js';
import { sizeOf, type WebgpuKernel, webgpuKernel } from './kernel.js';
import { mapThreads, mapWorkgroups } from './map.js';
import { siluCode } from './silu.js';

const exciteIntegers = ['batch', 'pixels', 'channels', 'hiddenUnits'];

// A block of rows is an image.
const branchSums = columnSums('squeeze-excitation: sums', ['branch'], 'branch[i]');
const productSums = columnSums('squeeze-excitation: sums of products', ['dy', 'branch'], 'dy[i] * branch[i]');

/** One workgroup per image: means, hidden units and factors. */
const dense: Shader = {
  name: 'squeeze-excitation: factors',
  reads: ['sums', 'w1', 'b1', 'w2', 'b2'],
  writes: ['means', 'hidden', 'factors'],
  integers: exciteIntegers,
  threads: mapThreads,
  code: `${siluCode}
fn run(image: u32, thread: u32) {
  if (image >= given.batch) { return; }
  let c0 = image * given.channels;
  let h0 = image * given.hiddenUnits;
  for (var c = thread; c < given.channels; c += threads) { means[c0 + c] = sums[c0 + c] / f32(given.pixels); }
  for (var h = thread; h < given.hiddenUnits; h += threads) {
    var total = 0.0;
    for (var c = 0u; c < given.channels; c++) {
      total += sums[c0 + c] / f32(given.pixels) * w1[c * given.hiddenUnits + h];
    }
    hidden[h0 + h] = max(total + b1[h], 0);
  }
  storageBarrier();
  for (var c = thread; c < given.channels; c += threads) {
    var total = 0.0;
    for (var h = 0u; h < given.hiddenUnits; h++) { total += hidden[h0 + h] * w2[h * given.channels + c]; }
    factors[c0 + c] = sigmoid(total + b2[c]);
  }
}`,
};

const scaled: Shader = {
  name: 'squeeze-excitation: result',
  reads: ['skip', 'branch', 'factors'],
  writes: ['y'],
  integers: exciteIntegers,
  floats: ['weight'],
  threads: mapThreads,
  code: `
fn run(group: u32, thread: u32) {
  let i = group * threads + thread;
  if (i >= given.batch * given.pixels * given.channels) { return; }
  let factor = factors[i / (given.pixels * given.channels) * given.channels + i % given.channels];
  y[i] = skip[i] + branch[i] * (factor * given.weight);
}`,
};

/** One workgroup per image: the gradients before the sigmoid (d2), before the ReLU (d1), and in each pixel through its mean. */
const denseGradient: Shader = {
  name: 'squeeze-excitation: gradients of factors',
  reads: ['sums', 'factors', 'hidden', 'w1', 'w2'],
  writes: ['d2', 'd1', 'dpixels'],
  integers: exciteIntegers,
  floats: ['weight'],
  threads: mapThreads,
  code: `
fn run(image: u32, thread: u32) {
  if (image >= given.batch) { return; }
  let c0 = image * given.channels;
  let h0 = image * given.hiddenUnits;
  for (var c = thread; c < given.channels; c += threads) {
    let factor = factors[c0 + c];
    d2[c0 + c] = sums[c0 + c] * given.weight * factor * (1 - factor);
  }
  storageBarrier();
  for (var h = thread; h < given.hiddenUnits; h += threads) {
    var total = 0.0;
    for (var c = 0u; c < given.channels; c++) { total += d2[c0 + c] * w2[h * given.channels + c]; }
    d1[h0 + h] = select(0.0, total, hidden[h0 + h] > 0);
  }
  storageBarrier();
  for (var c = thread; c < given.channels; c += threads) {
    var total = 0.0;
    for (var h = 0u; h < given.hiddenUnits; h++) { total += d1[h0 + h] * w1[c * given.hiddenUnits + h]; }
    dpixels[c0 + c] = total / f32(given.pixels);
  }
}`,
};

const branchGradient: Shader = {
  name: 'squeeze-excitation: gradient of the branch',
  reads: ['dy', 'factors', 'dpixels'],
  writes: ['dbranch'],
  integers: exciteIntegers,
  floats: ['weight'],
  threads: mapThreads,
  code: `
fn run(group: u32, thread: u32) {
  let i = group * threads + thread;
  if (i >= given.batch * given.pixels * given.channels) { return; }
  let at = i / (given.pixels * given.channels) * given.channels + i % given.channels;
  dbranch[i] = dy[i] * (factors[at] * given.weight) + dpixels[at];
}`,
};

/** Products of what came in and the gradient of what came out, summed over the images; one thread per weight of either layer. */
const weightGradients: Shader = {
  name: 'squeeze-excitation: gradients of weights',
  reads: ['means', 'hidden', 'd1', 'd2'],
  writes: ['dw1', 'db1', 'dw2', 'db2'],
  integers: exciteIntegers,
  threads: mapThreads,
  code: `
fn run(group: u32, thread: u32) {
  let i = group * threads + thread;
  let channels = given.channels;
  let units = given.hiddenUnits;
  if (i >= channels * units) { return; }
  var products = vec2f(0);
  var sums = vec2f(0);
  for (var image = 0u; image < given.batch; image++) {
    let out1 = d1[image * units + i % units];
    let out2 = d2[image * channels + i % channels];
    products += vec2f(means[image * channels + i / units] * out1, hidden[image * units + i / channels] * out2);
    sums += vec2f(out1, out2);
  }
  dw1[i] = products.x;
  dw2[i] = products.y;
  if (i < units) { db1[i] = sums.x; }
  if (i < channels) { db2[i] = sums.y; }
}`,
};

/** Numbers of both kinds of shader above, and the number of workgroups of the sums. */
function numbersOf(branch: tf.TensorInfo, w1: tf.TensorInfo, { weight }: Attributes) {
  const [batch, height, width, channels] = branch.shape as [number, number, number, number];
  const pixels = height * width;
  const layout = { ...columnLayout(pixels, channels, 1), blocks: batch, blockRows: pixels };
  return {
    ...{ batch, channels, units: w1.shape[1]! },
    columns: columnNumbers(batch * pixels, channels, layout),
    sumWorkgroups: layout.across * batch,
    excite: [batch, pixels, channels, w1.shape[1]!],
    weight: weight as number,
  };
}

export const squeezeExciteKernels: readonly WebgpuKernel[] = [
  webgpuKernel('SqueezeExcite', ({ skip, branch, w1, b1, w2, b2 }, attributes, device) => {
    const { batch, channels, units, columns, sumWorkgroups, excite, weight } = numbersOf(
      branch!,
      w1!,
      attributes,
    );
    const [sums, means, factors] = [0, 1, 2].map(() => device.output([batch, channels])) as Three;
    const hidden = device.output([batch, units]);
    const y = device.output(branch!.shape);
    device.run(branchSums, [branch!], [sums], columns, sumWorkgroups);
    device.run(dense, [sums, w1!, b1!, w2!, b2!], [means, hidden, factors], excite, batch);
    device.run(scaled, [skip!, branch!, factors], [y], [...excite, weight], mapWorkgroups(sizeOf(y)));
    return [y, means, hidden, factors];
  }),

  webgpuKernel('SqueezeExciteGrad', (inputs, attributes, device) => {
    const { dy, branch, w1, b1, w2, b2, means, hidden, factors } = inputs;
    const { batch, channels, units, columns, sumWorkgroups, excite, weight } = numbersOf(
      branch!,
      w1!,
      attributes,
    );
    const [sums, d2, dpixels] = [0, 1, 2].map(() => device.output([batch, channels])) as Three;
    const d1 = device.output([batch, units]);
    const dbranch = device.output(branch!.shape);
    const weights = [w1!, b1!, w2!, b2!].map(({ shape }) => device.output(shape));
    const numbers = [...excite, weight];
    device.run(productSums, [dy!, branch!], [sums], columns, sumWorkgroups);
    device.run(denseGradient, [sums, factors!, hidden!, w1!, w2!], [d2, d1, dpixels], numbers, batch);
    device.run(branchGradient, [dy!, factors!, dpixels], [dbranch], numbers, mapWorkgroups(sizeOf(dbranch)));
    device.run(weightGradients, [means!, hidden!, d1, d2], weights, excite, mapWorkgroups(channels * units));
    return [dbranch, ...weights];
  }),
];

type Three = [tf.TensorInfo, tf.TensorInfo, tf.TensorInfo];
