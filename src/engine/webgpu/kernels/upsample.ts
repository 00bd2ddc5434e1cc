/** Nearest-neighbour upsampling by 2 and its gradient; see ../../fused/upsample.ts. Lines are those of all images in sequence. */
import type * as tf from '../../tf.js';
import type { Shader } from '../shader.js';
import { type Device, sizeOf, type WebgpuKernel, webgpuKernel } from './kernel.js';
import { mapThreads, mapWorkgroups } from './map.js';

/** Size of the result, and width and channels of the small images. */
const integers = ['size', 'width', 'channels'];

const repeat: Shader = {
  name: 'upsampling',
  reads: ['x'],
  writes: ['y'],
  integers,
  threads: mapThreads,
  code: `
fn run(group: u32, thread: u32) {
  let i = group * threads + thread;
  if (i >= given.size) { return; }
  let pixel = i / given.channels;
  let line = pixel / (2 * given.width) / 2;
  let column = pixel % (2 * given.width) / 2;
  y[i] = x[(line * given.width + column) * given.channels + i % given.channels];
}`,
};

const addUp: Shader = {
  name: 'gradient of upsampling',
  reads: ['dy'],
  writes: ['dx'],
  integers,
  threads: mapThreads,
  code: `
fn run(group: u32, thread: u32) {
  let i = group * threads + thread;
  if (i >= given.size) { return; }
  let pixel = i / given.channels;
  let row = 2 * given.width * given.channels;
  let at = pixel / given.width * 2 * row + pixel % given.width * 2 * given.channels + i % given.channels;
  dx[i] = dy[at] + dy[at + given.channels] + dy[at + row] + dy[at + row + given.channels];
}`,
};

type Shape4D = [number, number, number, number];

function runOn(shader: Shader, x: tf.TensorInfo, shape: number[], width: number, device: Device) {
  const y = device.output(shape);
  device.run(shader, [x], [y], [sizeOf(y), width, shape[3]!], mapWorkgroups(sizeOf(y)));
  return y;
}

export const upsampleKernels: readonly WebgpuKernel[] = [
  webgpuKernel('UpsampleNearest2x', ({ x }, _attributes, device) => {
    const [batch, height, width, channels] = x!.shape as Shape4D;
    return runOn(repeat, x!, [batch, 2 * height, 2 * width, channels], width, device);
  }),
  webgpuKernel('UpsampleNearest2xGrad', ({ dy }, _attributes, device) => {
    const [batch, height, width, channels] = dy!.shape as Shape4D;
    return runOn(addUp, dy!, [batch, height / 2, width / 2, channels], width / 2, device);
  }),
];
