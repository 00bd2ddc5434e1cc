/**
 * Convolutions and their gradients as products of matrices. With p a pixel of the result and t a tap of the filter:
 *
 *     y[p, out]        = sum over (t, in)  of x[p * stride - pad + t, in] filter[t, in, out]
 *     dx[q, in]        = sum over (t, out) of dy[(q + pad - t) / stride, out] filter[t, in, out], where the division has no rest
 *     dfilter[(t, in), out] = sum over p   of x[p * stride - pad + t, in] dy[p, out]
 */
import type { Attributes } from '../../fused/composite.js';
import { type Convolution, convolutionOf } from '../../fused/convolutionOf.js';
import * as tf from '../../tf.js';
import { biased, type Finish, type FinishInputs } from './finish.js';
import { type Device, type Inputs, type KernelBody, type WebgpuKernel, webgpuKernel } from './kernel.js';
import { normalization, normalizationInputs } from './normalization.js';
import { type Product, type ProductCode, product, runProduct } from './product.js';

/** Names of the numbers of a convolution, in the order of `numbersOf`. */
export const convolutionIntegers = [
  ...['inHeight', 'inWidth', 'inChannels', 'outHeight', 'outWidth', 'outChannels'],
  ...['filterHeight', 'filterWidth', 'strideHeight', 'strideWidth', 'top', 'left'],
];

export function numbersOf(info: Convolution): number[] {
  return [
    ...[info.inHeight, info.inWidth, info.inChannels, info.outHeight, info.outWidth, info.outChannels],
    ...[info.filterHeight, info.filterWidth, info.strideHeight, info.strideWidth],
    ...[info.padInfo.top, info.padInfo.left],
  ];
}

/** Other convolutions stay with tfjs; the model has none. */
export function isOurs({ dataFormat, dilationHeight, dilationWidth, padInfo }: Convolution): boolean {
  const isUndilated = dilationHeight === 1 && dilationWidth === 1;
  return dataFormat === 'channelsLast' && isUndilated && padInfo.top >= 0 && padInfo.left >= 0;
}

/** WGSL: a pixel of the result as image and corner in x, a tap with its channel, and the value of x where they meet. */
const windowCode = `
fn pixel_of(p: u32) -> vec4i {
  let column = p % given.outWidth;
  let row = p / given.outWidth % given.outHeight;
  let corner = vec2i(vec2u(row * given.strideHeight, column * given.strideWidth)) - vec2i(vec2u(given.top, given.left));
  return vec4i(i32(p / (given.outWidth * given.outHeight)), corner, i32(p));
}
fn tap_of(k: u32, channels: u32) -> vec4i {
  let tap = k / channels;
  return vec4i(vec4u(tap / given.filterWidth, tap % given.filterWidth, k % channels, tap));
}
fn x_at(pixel: vec4i, tap: vec4i) -> f32 {
  let y = pixel.y + tap.x;
  let at = pixel.z + tap.y;
  let height = i32(given.inHeight);
  let width = i32(given.inWidth);
  if (y < 0 || at < 0 || y >= height || at >= width) { return 0; }
  return x[u32((pixel.x * height + y) * width + at) * given.inChannels + u32(tap.z)];
}`;

const forwardCode: ProductCode = {
  name: 'convolution',
  reads: ['x', 'weights'],
  integers: convolutionIntegers,
  alongK: { left: true, right: false },
  code: `${windowCode}
fn row_of(m: u32) -> vec4i { return pixel_of(m); }
fn step_of(k: u32) -> vec4i { return tap_of(k, given.inChannels); }
fn left_at(row: vec4i, step: vec4i) -> f32 { return x_at(row, step); }
fn right_at(step: vec4i, n: u32) -> f32 {
  return weights[(u32(step.w) * given.inChannels + u32(step.z)) * given.outChannels + n];
}`,
};
const forward = product(forwardCode);
const finishedForward = (name: string, finish: Finish) =>
  product({ ...forwardCode, name: `convolution ${name}`, finish });
const forwardBiased = finishedForward('with a bias', biased);
const forwardNormalized = finishedForward('with norm', normalization(false));
const forwardBiasedNormalized = finishedForward('with a bias and norm', normalization(true));

const inputGradient = product({
  name: 'input gradient of a convolution',
  reads: ['dy', 'weights'],
  integers: convolutionIntegers,
  alongK: { left: true, right: true },
  code: `${windowCode.slice(windowCode.indexOf('fn tap_of'), windowCode.indexOf('fn x_at'))}
fn row_of(m: u32) -> vec4i {
  let column = m % given.inWidth + given.left;
  let row = m / given.inWidth % given.inHeight + given.top;
  return vec4i(vec4u(m / (given.inWidth * given.inHeight), row, column, 0));
}
fn step_of(k: u32) -> vec4i { return tap_of(k, given.outChannels); }
fn left_at(row: vec4i, step: vec4i) -> f32 {
  var y = row.y - step.x;
  var at = row.z - step.y;
  if (y < 0 || at < 0) { return 0; }
  if (given.strideHeight > 1 || given.strideWidth > 1) {
    let stride = vec2i(i32(given.strideHeight), i32(given.strideWidth));
    if (y % stride.x != 0 || at % stride.y != 0) { return 0; }
    y /= stride.x;
    at /= stride.y;
  }
  let height = i32(given.outHeight);
  let width = i32(given.outWidth);
  if (y >= height || at >= width) { return 0; }
  return dy[u32((row.x * height + y) * width + at) * given.outChannels + u32(step.z)];
}
fn right_at(step: vec4i, n: u32) -> f32 {
  return weights[(u32(step.w) * given.inChannels + n) * given.outChannels + u32(step.z)];
}`,
});

const filterGradient = product({
  name: 'filter gradient of a convolution',
  reads: ['x', 'dy'],
  integers: convolutionIntegers,
  alongK: { left: false, right: false },
  code: `${windowCode}
fn row_of(m: u32) -> vec4i { return tap_of(m, given.inChannels); }
fn step_of(k: u32) -> vec4i { return pixel_of(k); }
fn left_at(row: vec4i, step: vec4i) -> f32 { return x_at(step, row); }
fn right_at(step: vec4i, n: u32) -> f32 { return dy[u32(step.w) * given.outChannels + n]; }`,
});

function runForward(
  convolution: Product,
  { x, filter }: Inputs,
  attributes: Attributes,
  device: Device,
  finish?: FinishInputs,
): tf.TensorInfo | null {
  const info = convolutionOf(x!.shape, filter!.shape, attributes, false);
  if (!isOurs(info)) return null;
  const y = device.output(info.outShape);
  const rows = info.batchSize * info.outHeight * info.outWidth;
  const terms = info.filterHeight * info.filterWidth * info.inChannels;
  const size = { rows, columns: info.outChannels, terms };
  const inputs = { reads: [x!, filter!], integers: numbersOf(info), ...(finish && { finish }) };
  runProduct(convolution, inputs, y, size, device);
  return y;
}

/** Convolution, maybe a bias, batch norm with given statistics, and maybe SiLU. */
export const convolveNormalized: KernelBody = (inputs, attributes, device) => {
  const convolution = inputs.bias ? forwardBiasedNormalized : forwardNormalized;
  return runForward(convolution, inputs, attributes, device, normalizationInputs(inputs, attributes));
};

const runInputGradient: KernelBody = ({ dy, filter }, attributes, device) => {
  const info = convolutionOf(attributes.inputShape as number[], filter!.shape, attributes, false);
  if (!isOurs(info)) return null;
  const dx = device.output(info.inShape);
  const rows = info.batchSize * info.inHeight * info.inWidth;
  const terms = info.filterHeight * info.filterWidth * info.outChannels;
  const size = { rows, columns: info.inChannels, terms };
  runProduct(inputGradient, { reads: [dy!, filter!], integers: numbersOf(info) }, dx, size, device);
  return dx;
};

const runFilterGradient: KernelBody = ({ x, dy }, attributes, device) => {
  const info = convolutionOf(x!.shape, attributes.filterShape as number[], attributes, false);
  if (!isOurs(info)) return null;
  const dfilter = device.output(info.filterShape);
  const rows = info.filterHeight * info.filterWidth * info.inChannels;
  const terms = info.batchSize * info.outHeight * info.outWidth;
  const size = { rows, columns: info.outChannels, terms };
  runProduct(filterGradient, { reads: [x!, dy!], integers: numbersOf(info) }, dfilter, size, device);
  return dfilter;
};

export const convolutionKernels: readonly WebgpuKernel[] = [
  webgpuKernel(tf.Conv2D, (inputs, attributes, device) => runForward(forward, inputs, attributes, device)),
  webgpuKernel('ConvolveBiased', (inputs, attributes, device) =>
    runForward(forwardBiased, inputs, attributes, device, {
      reads: [inputs.bias!],
      integers: [],
      floats: [],
    }),
  ),
  webgpuKernel('ConvolveNormalized', convolveNormalized),
  webgpuKernel(tf.Conv2DBackpropInput, runInputGradient),
  webgpuKernel(tf.Conv2DBackpropFilter, runFilterGradient),
];
