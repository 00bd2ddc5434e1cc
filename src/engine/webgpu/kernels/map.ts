/** Operations on each value by itself: one thread per value. */
import type { Shader } from '../shader.js';
import { sizeOf, type WebgpuKernel, webgpuKernel } from './kernel.js';

/** Threads of a workgroup. */
export const mapThreads = 128;

export function mapWorkgroups(size: number): number {
  return Math.ceil(size / mapThreads);
}

/**
 * Defines a kernel whose result has the shape of its first input.
 * @param names of its inputs, all of one size, each one value in the code
 * @param code WGSL with a function `value`, from the values of the inputs to that of the result
 */
export function mapKernel(kernelName: string, names: readonly string[], code: string): WebgpuKernel {
  const shader: Shader = {
    name: kernelName,
    reads: names,
    writes: ['y'],
    integers: ['size'],
    threads: mapThreads,
    code: `${code}
fn run(group: u32, thread: u32) {
  let i = group * threads + thread;
  if (i < given.size) { y[i] = value(${names.map((name) => `${name}[i]`).join(', ')}); }
}`,
  };
  return webgpuKernel(kernelName, (inputs, _attributes, device) => {
    const reads = names.map((name) => inputs[name]!);
    const y = device.output(reads[0]!.shape);
    const size = sizeOf(y);
    device.run(shader, reads, [y], [size], mapWorkgroups(size));
    return y;
  });
}
