/** Norms of weights and gradients; see ../../fused. */
import type * as tf from '../../tf.js';
import type { Addon } from '../addon.js';
import { type Attributes, type NativeKernel, nativeKernel } from '../kernel.js';

/** A weight as a matrix: rows, columns. */
function matrixShape({ shape }: tf.TensorInfo): [number, number] {
  const columns = shape.at(-1)!;
  return [shape.slice(0, -1).reduce((product, length) => product * length, 1), columns];
}

/** Rows, columns, input channels and the smallest norm, in the order of the addon's arguments. */
function weightShape(
  weight: tf.TensorInfo,
  start: tf.TensorInfo,
  { inputs, smallestNorm }: Attributes,
): [number, number, number, number] {
  const rows = start.shape[0]!;
  const size = weight.shape.reduce((product, length) => product * length, 1);
  return [rows, size / rows, inputs as number, smallestNorm as number];
}

export function weightKernels(addon: Addon): NativeKernel[] {
  const spectral = nativeKernel('SpectralPenalty', ({ weight, start }, attributes, backend) => {
    const shape = weightShape(weight!, start!, attributes);
    const [rows, columns] = shape;
    const shapes = [[], [], [rows, 1], [rows, 1], [columns, 1], [columns, 1]];
    const state = shapes.map((each) => backend.floatOutput(each));
    addon.spectralPenalty(
      ...shape,
      backend.floats(weight!),
      ...(state.map(({ values }) => values) as Six<Float32Array>),
      backend.floats(start!),
    );
    return state.map(({ info }) => info);
  });

  const spectralGradient = nativeKernel('SpectralPenaltyGrad', (inputs, attributes, backend) => {
    const { dy, weight, start, norm, v0, v1, a, b } = inputs;
    const dw = backend.floatOutput(weight!.shape);
    const state = [norm, v0, v1, a, b].map((tensor) => backend.floats(tensor!));
    addon.spectralPenaltyGradient(
      ...weightShape(weight!, start!, attributes),
      backend.floats(weight!),
      ...([null, ...state] as [null, ...Five<Float32Array>]),
      ...([backend.floats(dy!), dw.values] as const),
    );
    return dw.info;
  });

  const weightNorm = nativeKernel('WeightNorm', ({ v, g }, { epsilon }, backend) => {
    const w = backend.floatOutput(v!.shape);
    addon.weightNorm(
      ...([...matrixShape(v!), epsilon as number] as const),
      ...([backend.floats(v!), backend.floats(g!), w.values] as const),
    );
    return w.info;
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

  const largest = nativeKernel('LargestMagnitude', ({ x }, _attributes, backend) => {
    const y = backend.floatOutput([]);
    addon.largestMagnitude(backend.floats(x!), y.values);
    return y.info;
  });

  const largestGradient = nativeKernel('LargestMagnitudeGrad', ({ dy, x }, _attributes, backend) => {
    const dx = backend.floatOutput(x!.shape);
    addon.largestMagnitudeGradient(backend.floats(dy!), backend.floats(x!), dx.values);
    return dx.info;
  });

  const globalNorm = nativeKernel('GlobalNorm', (tensors, _attributes, backend) => {
    const y = backend.floatOutput([]);
    const squares = Object.values(tensors).map((tensor) => addon.sumOfSquares(backend.floats(tensor)));
    y.values[0] = Math.sqrt(squares.reduce((sum, each) => sum + each, 0));
    return y.info;
  });

  return [spectral, spectralGradient, weightNorm, weightNormGradient, largest, largestGradient, globalNorm];
}

type Five<T> = [T, T, T, T, T];
type Six<T> = [T, T, T, T, T, T];
