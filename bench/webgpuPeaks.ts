/** What the device of the webgpu engine can do at most: bytes copied by a shader, and multiply-adds in registers. */
import * as tf from '../src/engine/tf.js';
import type { ShaderBackend } from '../src/engine/webgpu/guardedBackend.js';
import type { Shader } from '../src/engine/webgpu/shader.js';

export interface DevicePeaks {
  /** Read and written bytes per second of a copy in the device's memory. */
  readonly copyBytesPerSecond: number;
  readonly fmaFlops: number;
}

const threads = 256;

const copy: Shader = {
  name: 'copy',
  reads: ['source'],
  writes: ['destination'],
  integers: ['size'],
  threads,
  code: `
fn run(group: u32, thread: u32) {
  let i = group * threads + thread;
  if (i < given.size) { destination[i] = source[i]; }
}`,
};

/** Sums of a thread that do not depend on each other: vectors of four. */
const sums = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];

const multiplyAdd: Shader = {
  name: 'multiply-add',
  reads: [],
  writes: ['out'],
  integers: ['size', 'loops'],
  floats: ['factor'],
  threads,
  code: `
fn run(group: u32, thread: u32) {
  let i = group * threads + thread;
  if (i >= given.size) { return; }
  let factor = vec4f(given.factor);
  let term = vec4f(0.5);
  ${sums.map((name, k) => `var ${name} = vec4f(f32(i + ${k}));`).join('\n  ')}
  for (var turn = 0u; turn < given.loops; turn++) {
    ${sums.map((name) => `${name} = fma(${name}, factor, term);`).join('\n    ')}
  }
  out[i] = dot(${sums.join(' + ')}, vec4f(1));
}`,
};

const bytesPerElement = 4;
/** In MiB: the larger size is more than the caches of most cards hold; slow devices, as those in software, keep the smaller. */
const copiedSizes = [8, 128];
const multiplyingThreads = 2 ** 18;
const loopCounts = [4, 64];
const slowSeconds = 0.01;
const leastSeconds = 0.05;

const mark: Shader = {
  name: 'mark',
  reads: [],
  writes: ['out'],
  threads: 1,
  code: 'fn run(group: u32, thread: u32) { if (group == 0) { out[thread] = given.value; } }',
  floats: ['value'],
};

/**
 * Returns the seconds of one run of the work on the device: the shortest of three rounds, each so long that the wait for its end does not
 * count.
 */
export async function deviceSeconds(run: () => void): Promise<number> {
  const backend = tf.backend() as ShaderBackend;
  const last = backend.makeTensorInfo([1], 'float32');
  const secondsOf = async (count: number) => {
    const start = performance.now();
    for (let i = 0; i < count; i += 1) run();
    backend.runShader(mark, { reads: [], writes: [last], numbers: [1], workgroups: 1 });
    await backend.read(last.dataId); // there only after all that came before
    return (performance.now() - start) / 1000;
  };
  await secondsOf(1); // compiles
  let count = 1;
  let seconds = await secondsOf(count);
  while (seconds < leastSeconds) {
    count *= 2;
    seconds = await secondsOf(count);
  }
  const more = [await secondsOf(count), await secondsOf(count)];
  backend.disposeData(last.dataId);
  return Math.min(seconds, ...more) / count;
}

/** Measures both on the webgpu engine, which must be in use. */
export async function devicePeaks(): Promise<DevicePeaks> {
  return {
    copyBytesPerSecond: await rateOf(copiedSizes, copySeconds, (mebibytes) => 2 * mebibytes * 2 ** 20),
    fmaFlops: await rateOf(
      loopCounts,
      multiplySeconds,
      (loops) => 8 * sums.length * loops * multiplyingThreads,
    ),
  };
}

/** The rate with the largest amount of work that is not slow. */
async function rateOf(
  amounts: readonly number[],
  secondsOf: (amount: number) => Promise<number>,
  workOf: (amount: number) => number,
): Promise<number> {
  let rate = 0;
  for (const amount of amounts) {
    const seconds = await secondsOf(amount);
    rate = workOf(amount) / seconds;
    if (seconds > slowSeconds) break;
  }
  return rate;
}

async function copySeconds(mebibytes: number): Promise<number> {
  const size = (mebibytes * 2 ** 20) / bytesPerElement;
  const backend = tf.backend() as ShaderBackend;
  const [source, destination] = [0, 1].map(() => backend.makeTensorInfo([size], 'float32'));
  const workgroups = Math.ceil(size / threads);
  const work = { reads: [source!], writes: [destination!], numbers: [size], workgroups };
  const seconds = await deviceSeconds(() => backend.runShader(copy, work));
  for (const { dataId } of [source!, destination!]) backend.disposeData(dataId);
  return seconds;
}

async function multiplySeconds(loops: number): Promise<number> {
  const size = multiplyingThreads;
  const backend = tf.backend() as ShaderBackend;
  const out = backend.makeTensorInfo([size], 'float32');
  const work = { reads: [], writes: [out], numbers: [size, loops, 0.999], workgroups: size / threads };
  const seconds = await deviceSeconds(() => backend.runShader(multiplyAdd, work));
  backend.disposeData(out.dataId);
  return seconds;
}
