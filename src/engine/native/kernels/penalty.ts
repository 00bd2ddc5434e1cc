/** The terms of the regularisation, and the norm of all gradients; see ../../fused. */
import type * as tf from '../../tf.js';
import type { Addon } from '../addon.js';
import type { NativeBackend } from '../backend.js';
import { type Attributes, type NativeKernel, nativeKernel } from '../kernel.js';

/** Rows, columns and the smallest norm, in the order of the addon's arguments. */
function weightShape(weight: tf.TensorInfo, { rows, smallestNorm }: Attributes): [number, number, number] {
  const size = weight.shape.reduce((product, length) => product * length, 1);
  return [rows as number, size / (rows as number), smallestNorm as number];
}

export function penaltyKernels(addon: Addon): NativeKernel[] {
  const spectral = nativeKernel('SpectralPenalty', ({ weight, start }, attributes, backend) => {
    const [rows, columns, smallestNorm] = weightShape(weight!, attributes);
    const shapes = [[], [], [rows, 1], [columns, 1], [columns, 1]];
    const [penalty, norm, v1, a, b] = shapes.map((shape) => backend.floatOutput(shape)) as State;
    addon.spectralPenalty(
      ...([rows, columns, smallestNorm] as const),
      ...([backend.floats(weight!), backend.floats(start!)] as const),
      ...([penalty.values, norm.values, v1.values, a.values, b.values] as const),
    );
    return [penalty.info, norm.info, v1.info, a.info, b.info];
  });

  const spectralGradient = nativeKernel('SpectralPenaltyGrad', (inputs, attributes, backend) => {
    const { dy, weight, start, norm, v1, a, b } = inputs;
    const dw = backend.floatOutput(weight!.shape);
    const floats = (tensor: tf.TensorInfo | undefined) => backend.floats(tensor!);
    addon.spectralPenaltyGradient(
      ...weightShape(weight!, attributes),
      ...([floats(weight), floats(start)] as const),
      ...([null, floats(norm), floats(v1), floats(a), floats(b)] as const),
      ...([floats(dy), dw.values] as const),
    );
    return dw.info;
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

  return [spectral, spectralGradient, largest, largestGradient, globalNorm];
}

type Output = ReturnType<NativeBackend['floatOutput']>;
type State = [Output, Output, Output, Output, Output];
