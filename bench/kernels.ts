/**
 * Measures the speed of single native kernels relative to the processor's peak, which is measured in the same run:
 *
 *     npm run bench:kernels
 */

import { BufferPool } from '../src/engine/native/bufferPool.js';
import { loadAddon } from '../src/engine/native/loadAddon.js';

interface Convolution {
  readonly label: string;
  readonly batch: number;
  readonly size: number;
  readonly channels: number;
  readonly outChannels: number;
  readonly filter: number;
  readonly stride?: number;
  readonly depthwise?: boolean;
}

const cases: readonly Convolution[] = [
  { label: '3x3, 64 to 64', batch: 8, size: 32, channels: 64, outChannels: 64, filter: 3 },
  { label: '1x1, 64 to 384', batch: 8, size: 32, channels: 64, outChannels: 384, filter: 1 },
  { label: '1x1, 384 to 64', batch: 8, size: 32, channels: 384, outChannels: 64, filter: 1 },
  { label: '3x3, 32 to 32', batch: 8, size: 64, channels: 32, outChannels: 32, filter: 3 },
  { label: '3x3, 128 to 128', batch: 8, size: 16, channels: 128, outChannels: 128, filter: 3 },
  { label: '3x3, 512 to 512', batch: 8, size: 4, channels: 512, outChannels: 512, filter: 3 },
  {
    label: '3x3 stride 2, 32 to 64',
    batch: 8,
    size: 64,
    channels: 32,
    outChannels: 64,
    filter: 3,
    stride: 2,
  },
  { label: '3x3, 3 to 32', batch: 8, size: 64, channels: 3, outChannels: 32, filter: 3 },
  { label: '3x3, 32 to 90', batch: 8, size: 64, channels: 32, outChannels: 90, filter: 3 },
  {
    label: 'depthwise 5x5, 384',
    batch: 8,
    size: 32,
    channels: 384,
    outChannels: 384,
    filter: 5,
    depthwise: true,
  },
];

const runs = 20;
const addon = loadAddon();

/** Allocates memory as for tensors: aligned to 64 bytes. */
const pool = new BufferPool(addon.misalignment);

function floats(length: number): Float32Array {
  const { buffer, offset } = pool.take(4 * length);
  return new Float32Array(buffer, offset, length);
}

function random(length: number): Float32Array {
  const values = floats(length);
  for (let i = 0; i < length; i++) values[i] = Math.random() - 0.5;
  return values;
}

/** Shortest and median time of several runs, in milliseconds. */
function time(work: () => void): { min: number; median: number } {
  const times = Array.from({ length: runs }, () => {
    const start = performance.now();
    work();
    return performance.now() - start;
  }).sort((a, b) => a - b);
  return { min: times[0]!, median: times[runs >> 1]! };
}

function measure({ batch, size, channels, outChannels, filter, stride = 1, depthwise = false }: Convolution) {
  const pad = (filter - 1) / 2;
  const out = Math.floor((size + 2 * pad - filter) / stride) + 1;
  const shape = Int32Array.of(
    ...[batch, size, size, channels],
    ...[out, out, outChannels, filter, filter, stride, stride, pad, pad, 0],
  );
  const weights = filter * filter * channels * (depthwise ? 1 : outChannels);
  const [x, w, dy] = [
    random(batch * size * size * channels),
    random(weights),
    random(batch * out * out * outChannels),
  ];
  const [y, dx, dw] = [floats(dy.length), floats(x.length), floats(w.length)];
  const kernels = depthwise
    ? [
        () => addon.depthwise(shape, x, w, y),
        () => addon.depthwiseInputGradient(shape, dy, w, dx),
        () => addon.depthwiseFilterGradient(shape, x, dy, dw),
      ]
    : [
        () => addon.conv2d(shape, x, w, null, null, 0, y),
        () => addon.conv2dInputGradient(shape, dy, w, dx),
        () => addon.conv2dFilterGradient(shape, x, dy, dw),
      ];
  const flops = 2 * dy.length * filter * filter * (depthwise ? 1 : channels);
  return { flops, times: kernels.map(time) };
}

const peak = addon.peakFma(0.5);
console.log(`${addon.simd()}, ${addon.threads()} threads, peak ${(peak / 1e9).toFixed(1)} GFLOPS`);
console.log('milliseconds min / median (share of peak) of forward, input gradient, filter gradient');
for (const convolution of cases) {
  const { flops, times } = measure(convolution);
  const columns = times.map(({ min, median }) => {
    const share = flops / (min / 1000) / peak;
    return `${min.toFixed(2)} / ${median.toFixed(2)} (${share.toFixed(2)})`.padEnd(24);
  });
  const sum = times.reduce((total, { min }) => total + min, 0);
  console.log(`${convolution.label.padEnd(24)} ${columns.join(' ')} sum ${sum.toFixed(2)}`);
}
