/**
 * Depthwise convolutions with one filter per channel, and their gradients. A thread has a channel and a few neighbouring pixels of a line,
 * which share most of what they read; neighbouring threads have neighbouring channels.
 */
import type { Attributes } from '../../fused/composite.js';
import { type Convolution, convolutionOf } from '../../fused/convolutionOf.js';
import * as tf from '../../tf.js';
import type { Shader } from '../shader.js';
import { columnCode, columnIntegers, columnLayout, columnNumbers, columnThreads } from './columns.js';
import { convolutionIntegers, isOurs, numbersOf } from './convolutions.js';
import { type Finish, type FinishInputs, nothing, plain } from './finish.js';
import { type Device, type Inputs, type WebgpuKernel, webgpuKernel } from './kernel.js';
import { mapThreads, mapWorkgroups } from './map.js';
import { normalization, normalizationInputs } from './normalization.js';

/** Pixels of a thread. */
const along = 4;

/** The image that is read has half the width and height if it is upsampled; its pixels then count twice in each direction. */
const forwardOf = (name: string, isUpsampled: boolean, finish: Finish): Shader => ({
  name: `depthwise convolution${name}`,
  reads: ['x', 'weights', ...finish.reads],
  writes: ['y'],
  integers: ['size', ...convolutionIntegers, ...finish.integers],
  floats: finish.floats,
  threads: mapThreads,
  code: `${finish.code}
const halvings = ${Number(isUpsampled)}u;
fn run(group: u32, thread: u32) {
  let i = group * threads + thread;
  if (i >= given.size) { return; }
  let c = i % given.inChannels;
  let parts = (given.outWidth + ${along - 1}) / ${along};
  let first = i / given.inChannels % parts * ${along};
  let line = i / given.inChannels / parts; // image and row of the result
  let image = line / given.outHeight;
  let top = i32(line % given.outHeight * given.strideHeight) - i32(given.top);
  let left = i32(first * given.strideWidth) - i32(given.left);
  let width = i32(given.inWidth);
  var sums = vec4f(0);
  for (var row = 0u; row < given.filterHeight; row++) {
    let source = top + i32(row);
    if (source < 0 || source >= i32(given.inHeight)) { continue; }
    let start = (image * (given.inHeight >> halvings) + (u32(source) >> halvings)) * (given.inWidth >> halvings);
    for (var column = 0u; column < given.filterWidth; column++) {
      let weight = weights[(row * given.filterWidth + column) * given.inChannels + c];
      for (var k = 0; k < ${along}; k++) {
        let at = left + i32(column) + k * i32(given.strideWidth);
        if (at >= 0 && at < width) { sums[k] += weight * x[(start + (u32(at) >> halvings)) * given.inChannels + c]; }
      }
    }
  }
  for (var k = 0u; k < ${along}; k++) {
    if (first + k < given.outWidth) { y[(line * given.outWidth + first + k) * given.inChannels + c] = finished(sums[k], c); }
  }
}`,
});

const forward = forwardOf('', false, plain);
const normalized = forwardOf(' with norm', false, normalization(false));
const upsampledNormalized = forwardOf(' with norm, of an upsampled image', true, normalization(false));

const inputGradient: Shader = {
  name: 'input gradient of a depthwise convolution',
  reads: ['dy', 'weights'],
  writes: ['dx'],
  integers: ['size', ...convolutionIntegers],
  threads: mapThreads,
  code: `
fn run(group: u32, thread: u32) {
  let i = group * threads + thread;
  if (i >= given.size) { return; }
  let c = i % given.inChannels;
  let parts = (given.inWidth + ${along - 1}) / ${along};
  let first = i / given.inChannels % parts * ${along};
  let line = i / given.inChannels / parts; // image and row of x
  let image = line / given.inHeight;
  let bottom = i32(line % given.inHeight + given.top);
  let right = i32(first + given.left);
  let stride = vec2i(i32(given.strideHeight), i32(given.strideWidth));
  var sums = vec4f(0);
  for (var row = 0u; row < given.filterHeight; row++) {
    let source = bottom - i32(row);
    if (source < 0 || source % stride.x != 0 || source / stride.x >= i32(given.outHeight)) { continue; }
    let start = (image * given.outHeight + u32(source / stride.x)) * given.outWidth;
    for (var column = 0u; column < given.filterWidth; column++) {
      let weight = weights[(row * given.filterWidth + column) * given.inChannels + c];
      for (var k = 0; k < ${along}; k++) {
        let at = right + k - i32(column);
        if (at >= 0 && at % stride.y == 0 && at / stride.y < i32(given.outWidth)) {
          sums[k] += weight * dy[(start + u32(at / stride.y)) * given.inChannels + c];
        }
      }
    }
  }
  for (var k = 0u; k < ${along}; k++) {
    if (first + k < given.inWidth) { dx[(line * given.inWidth + first + k) * given.inChannels + c] = sums[k]; }
  }
}`,
};

/** Widest filter of the shader below. */
const mostWidth = 8;

/** The gradient of one line of the filter, from a block of pixels of the result: `[blocks, filterHeight, filterWidth, channels]`. */
const blockGradients: Shader = {
  name: 'filter gradient of a depthwise convolution',
  reads: ['x', 'dy'],
  writes: ['parts'],
  integers: [...columnIntegers, ...convolutionIntegers],
  threads: columnThreads,
  code: `${columnCode}
fn run(group: u32, thread: u32) {
  let line = group / (given.across * given.blocks);
  if (line >= given.filterHeight) { return; }
  let place = place_of(group % (given.across * given.blocks), thread);
  let c = place.column;
  var sums = array<f32, ${mostWidth}>();
  for (var p = place.begin + place.lane; p < place.end; p += place.lanes) {
    let source = i32(p / given.outWidth % given.outHeight * given.strideHeight + line) - i32(given.top);
    if (source < 0 || source >= i32(given.inHeight)) { continue; }
    let start = (p / (given.outWidth * given.outHeight) * given.inHeight + u32(source)) * given.inWidth;
    let left = i32(p % given.outWidth * given.strideWidth) - i32(given.left);
    let gradient = dy[p * given.columns + c];
    for (var column = 0u; column < given.filterWidth; column++) {
      let at = left + i32(column);
      if (at >= 0 && at < i32(given.inWidth)) { sums[column] += gradient * x[(start + u32(at)) * given.columns + c]; }
    }
  }
  for (var column = 0u; column < given.filterWidth; column++) {
    let total = joined(vec2f(sums[column], 0), thread).x;
    if (place.lane == 0 && c < given.columns) {
      parts[((place.block * given.filterHeight + line) * given.filterWidth + column) * given.columns + c] = total;
    }
  }
}`,
};

const addBlocks: Shader = {
  name: 'sum of blocks',
  reads: ['parts'],
  writes: ['out'],
  integers: ['size', 'blocks'],
  threads: mapThreads,
  code: `
fn run(group: u32, thread: u32) {
  let i = group * threads + thread;
  if (i >= given.size) { return; }
  var sum = 0.0;
  for (var block = 0u; block < given.blocks; block++) { sum += parts[block * given.size + i]; }
  out[i] = sum;
}`,
};

function isDepthwiseOurs(info: Convolution): boolean {
  return isOurs(info) && info.outChannels === info.inChannels && info.filterWidth <= mostWidth;
}

function runForward(
  shader: Shader,
  { x, filter }: Inputs,
  info: Convolution,
  device: Device,
  finish: FinishInputs = nothing,
): tf.TensorInfo {
  const y = device.output(info.outShape);
  const size = info.batchSize * info.outHeight * partsOf(info.outWidth) * info.inChannels;
  const numbers = [size, ...numbersOf(info), ...finish.integers, ...finish.floats];
  device.run(shader, [x!, filter!, ...finish.reads], [y], numbers, mapWorkgroups(size));
  return y;
}

/**
 * Depthwise convolution of x, or of x upsampled by 2, then batch norm with given statistics, and maybe SiLU. Padded so that the size stays.
 */
export function depthwiseNormalized(
  inputs: Inputs,
  attributes: Attributes & { readonly upsample: boolean },
  device: Device,
): tf.TensorInfo {
  const [batch, height, width, channels] = inputs.x!.shape as [number, number, number, number];
  const scale = attributes.upsample ? 2 : 1;
  const shape = [batch, scale * height, scale * width, channels];
  const info = convolutionOf(shape, inputs.filter!.shape, { strides: 1, pad: 'same' }, true);
  const shader = attributes.upsample ? upsampledNormalized : normalized;
  return runForward(shader, inputs, info, device, normalizationInputs(inputs, attributes));
}

const partsOf = (width: number) => Math.ceil(width / along);

export const depthwiseKernels: readonly WebgpuKernel[] = [
  webgpuKernel(tf.DepthwiseConv2dNative, (inputs, attributes, device) => {
    const info = convolutionOf(inputs.x!.shape, inputs.filter!.shape, attributes, true);
    return isDepthwiseOurs(info) ? runForward(forward, inputs, info, device) : null;
  }),

  webgpuKernel(tf.DepthwiseConv2dNativeBackpropInput, ({ dy, filter }, attributes, device) => {
    const info = convolutionOf(attributes.inputShape as number[], filter!.shape, attributes, true);
    if (!isDepthwiseOurs(info)) return null;
    const dx = device.output(info.inShape);
    const size = info.batchSize * info.inHeight * partsOf(info.inWidth) * info.inChannels;
    device.run(inputGradient, [dy!, filter!], [dx], [size, ...numbersOf(info)], mapWorkgroups(size));
    return dx;
  }),

  webgpuKernel(tf.DepthwiseConv2dNativeBackpropFilter, ({ x, dy }, attributes, device) => {
    const filterShape = attributes.filterShape as number[];
    const info = convolutionOf(x!.shape, filterShape, attributes, true);
    if (!isDepthwiseOurs(info)) return null;
    const { filterHeight, inChannels } = info;
    const rows = info.batchSize * info.outHeight * info.outWidth;
    const layout = columnLayout(rows, inChannels);
    const { across, blocks } = layout;
    const dfilter = device.output(filterShape);
    const parts = blocks === 1 ? dfilter : device.output([blocks, ...filterShape]);
    const numbers = [...columnNumbers(rows, inChannels, layout), ...numbersOf(info)];
    device.run(blockGradients, [x!, dy!], [parts], numbers, across * blocks * filterHeight);
    if (blocks === 1) return dfilter;
    const size = filterHeight * info.filterWidth * inChannels;
    device.run(addBlocks, [parts], [dfilter], [size, blocks], mapWorkgroups(size));
    return dfilter;
  }),
];
