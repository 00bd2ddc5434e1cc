/** Measures the time per kernel on any engine by wrapping the kernels of the active backend while a function runs. */
import { withoutReplays } from './replays.js';
import * as tf from './tf.js';

export interface KernelTime {
  readonly name: string;
  readonly calls: number;
  /** Excludes the time of kernels that this kernel called. */
  readonly seconds: number;
}

export interface Profile<T> {
  readonly result: T;
  /** Longest first. */
  readonly kernels: KernelTime[];
  /** Floating-point operations (two per multiply-add) of all convolution kernels, from their shapes. */
  readonly convolutionFlops: number;
}

/** Runs `work` once and measures its kernels. On asynchronous engines, the times are those of the calls only. */
export async function profileKernels<T>(work: () => Promise<T>): Promise<Profile<T>> {
  const times = new Map<string, { calls: number; seconds: number }>();
  let convolutionFlops = 0;
  let insideSeconds = 0;

  const timed =
    (name: string, kernelFunc: tf.KernelFunc): tf.KernelFunc =>
    (parameters) => {
      const outside = insideSeconds;
      insideSeconds = 0;
      const start = performance.now();
      const output = kernelFunc(parameters);
      const seconds = (performance.now() - start) / 1000;
      const entry = times.get(name) ?? { calls: 0, seconds: 0 };
      times.set(name, { calls: entry.calls + 1, seconds: entry.seconds + seconds - insideSeconds });
      insideSeconds = outside + seconds;
      convolutionFlops += convolutionFlopsOf(name, parameters, output);
      return output;
    };

  const backendName = tf.getBackend();
  const originals = tf.getKernelsForBackend(backendName);
  replaceKernels(
    originals.map((kernel) => ({ ...kernel, kernelFunc: timed(kernel.kernelName, kernel.kernelFunc) })),
  );
  try {
    const result = await withoutReplays(work);
    const kernels = [...times].map(([name, { calls, seconds }]) => ({ name, calls, seconds }));
    kernels.sort((a, b) => b.seconds - a.seconds);
    return { result, kernels, convolutionFlops };
  } finally {
    replaceKernels(originals);
  }
}

function replaceKernels(kernels: readonly tf.KernelConfig[]): void {
  for (const { kernelName, backendName, kernelFunc } of kernels) {
    tf.unregisterKernel(kernelName, backendName);
    tf.registerKernel({ kernelName, backendName, kernelFunc });
  }
}

/** Computes the operations of a convolution kernel from the shapes of its filter and its result or result gradient; 0 for others. */
export function convolutionFlopsOf(
  name: string,
  { inputs, attrs }: Parameters<tf.KernelFunc>[0],
  output: tf.TensorInfo | tf.TensorInfo[],
): number {
  const result = [output].flat()[0]?.shape ?? []; // kernels in place return nothing
  const { filter, dy } = inputs;
  const filterShape = (attrs?.filterShape ?? []) as number[];
  switch (name) {
    case 'Conv2D':
    case 'ConvolveBiased':
    case 'ConvolveNormalized':
      return 2 * size(result) * size(filter!.shape.slice(0, 3));
    case 'Conv2DBackpropInput':
      return 2 * size(dy!.shape) * size(filter!.shape.slice(0, 3));
    case 'Conv2DBackpropFilter':
      return 2 * size(dy!.shape) * size(filterShape.slice(0, 3));
    case 'DepthwiseConv2dNative':
      return 2 * size(result) * size(filter!.shape.slice(0, 2));
    case 'DepthwiseConv2dNativeBackpropInput':
      return 2 * size(dy!.shape) * size(filter!.shape.slice(0, 2));
    case 'DepthwiseConv2dNativeBackpropFilter':
      return 2 * size(dy!.shape) * size(filterShape.slice(0, 2));
    default:
      return 0;
  }
}

function size(shape: readonly number[]): number {
  return shape.reduce((product, length) => product * length, 1);
}
