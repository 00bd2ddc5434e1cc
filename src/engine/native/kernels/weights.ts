/** Norms of weights and gradients; see ../../fused. */
import type * as tf from '../../tf.js';
import type { Addon } from '../addon.js';
import { type Attributes, type NativeKernel, nativeKernel } from '../kernel.js';

/** Returns rows and columns of a weight seen as a matrix. */
function matrixShape({ shape }: tf.TensorInfo): [number, number] {
  const columns = shape.at(-1)!;
  return [shape.slice(0, -1).reduce((product, length) => product * length, 1), columns];
}

interface SpectralLayer {
  readonly start: Float32Array;
  readonly inputs: number;
}

function product(shape: readonly number[]): number {
  return shape.reduce((result, length) => result * length, 1);
}

/** Returns the values that a weight's gradient reads: the norm, v0, v1, a and b, stored consecutively in `state` from `at` on. */
function stateViews(
  weight: tf.TensorInfo,
  { start }: SpectralLayer,
  state: Float32Array,
  at: number,
): Five<Float32Array> {
  const rows = start.length;
  const columns = product(weight.shape) / rows;
  let from = at;
  return [1, rows, rows, columns, columns].map((length) => {
    from += length;
    return state.subarray(from - length, from);
  }) as Five<Float32Array>;
}

function stateLength(weight: tf.TensorInfo, { start }: SpectralLayer): number {
  return 1 + 2 * start.length + (2 * product(weight.shape)) / start.length;
}

/** Returns rows, columns, input channels and the smallest norm, in the order of the addon's arguments. */
function weightShape(
  weight: tf.TensorInfo,
  { start, inputs }: SpectralLayer,
  { smallestNorm }: Attributes,
): [number, number, number, number] {
  return [start.length, product(weight.shape) / start.length, inputs, smallestNorm as number];
}

/** Calls `use` with each weight, its layer and its part of the state. */
function eachSpectral(
  weights: readonly tf.TensorInfo[],
  { layers }: Attributes,
  state: Float32Array,
  use: (weight: tf.TensorInfo, layer: SpectralLayer, state: Five<Float32Array>, i: number) => void,
): void {
  let at = 0;
  weights.forEach((weight, i) => {
    const layer = (layers as SpectralLayer[])[i]!;
    use(weight, layer, stateViews(weight, layer, state, at), i);
    at += stateLength(weight, layer);
  });
}

export function weightKernels(addon: Addon): NativeKernel[] {
  const spectral = nativeKernel('SpectralPenalties', (inputs, attributes, backend) => {
    const weights = Object.values(inputs);
    const layers = attributes.layers as SpectralLayer[];
    const lengths = weights.map((weight, i) => stateLength(weight, layers[i]!));
    const state = backend.floatOutput([lengths.reduce((sum, length) => sum + length, 0)]);
    const sum = backend.floatOutput([]);
    backend.scratch(weights.length, (terms) => {
      eachSpectral(weights, attributes, state.values, (weight, layer, views, i) => {
        const shape = weightShape(weight, layer, attributes);
        addon.spectralPenalty(
          ...shape,
          backend.floats(weight),
          terms.subarray(i, i + 1),
          ...views,
          layer.start,
        );
      });
      addon.total(terms, sum.values);
    });
    return [sum.info, state.info];
  });

  const spectralGradient = nativeKernel('SpectralPenaltiesGrad', (inputs, attributes, backend) => {
    const [dy, ...others] = Object.values(inputs);
    const state = backend.floats(others.pop()!);
    const results: tf.TensorInfo[] = [];
    eachSpectral(others, attributes, state, (weight, layer, views) => {
      const dw = backend.floatOutput(weight.shape);
      const shape = weightShape(weight, layer, attributes);
      addon.spectralPenaltyGradient(
        ...shape,
        backend.floats(weight),
        null,
        ...views,
        backend.floats(dy!),
        dw.values,
      );
      results.push(dw.info);
    });
    return results;
  });

  const weightNorm = nativeKernel('WeightNorm', ({ v, g }, { epsilon }, backend) => {
    const w = backend.floatOutput(v!.shape);
    addon.weightNorm(
      ...([...matrixShape(v!), epsilon as number] as const),
      ...([backend.floats(v!), backend.floats(g!), w.values] as const),
    );
    return [w.info];
  });

  const weightNormGradient = nativeKernel('WeightNormGrad', ({ dy, v, g }, { epsilon }, backend) => {
    const dv = backend.floatOutput(v!.shape);
    const dg = backend.floatOutput(g!.shape);
    addon.weightNormGradient(
      ...([...matrixShape(v!), epsilon as number] as const),
      ...([backend.floats(dy!), backend.floats(v!), backend.floats(g!)] as const),
      ...([dv.values, dg.values] as const),
    );
    return [dv.info, dg.info];
  });

  const largest = nativeKernel('LargestMagnitudes', (xs, _attributes, backend) => {
    const y = backend.floatOutput([]);
    const all = Object.values(xs);
    backend.scratch(all.length, (terms) => {
      all.forEach((x, i) => {
        addon.largestMagnitude(backend.floats(x), terms.subarray(i, i + 1));
      });
      addon.total(terms, y.values);
    });
    return [y.info];
  });

  const largestGradient = nativeKernel('LargestMagnitudesGrad', (inputs, _attributes, backend) => {
    const [dy, ...xs] = Object.values(inputs);
    return xs.map((x) => {
      const dx = backend.floatOutput(x.shape);
      addon.largestMagnitudeGradient(backend.floats(dy!), backend.floats(x), dx.values);
      return dx.info;
    });
  });

  const globalNorm = nativeKernel('GlobalNorm', (tensors, _attributes, backend) => {
    const y = backend.floatOutput([]);
    addon.globalNorm(
      Object.values(tensors).map((tensor) => backend.floats(tensor)),
      y.values,
    );
    return y.info;
  });

  return [spectral, spectralGradient, weightNorm, weightNormGradient, largest, largestGradient, globalNorm];
}

type Five<T> = [T, T, T, T, T];
