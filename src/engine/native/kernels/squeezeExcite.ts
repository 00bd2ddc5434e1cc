/** Squeeze-excitation and the sum with the skip; see ../../fused/squeezeExcite.ts. */
import type * as tf from '../../tf.js';
import type { Addon } from '../addon.js';
import type { NativeBackend } from '../backend.js';
import { type Attributes, type Inputs, type NativeKernel, nativeKernel } from '../kernel.js';

type ExciteShape = [batch: number, pixels: number, channels: number, hidden: number, weight: number];
type Four<T> = [T, T, T, T];

function exciteShape(branch: tf.TensorInfo, w1: tf.TensorInfo, { weight }: Attributes): ExciteShape {
  const [batch, height, width, channels] = branch.shape as Four<number>;
  return [batch, height * width, channels, w1.shape[1]!, weight as number];
}

function weightsOf({ w1, b1, w2, b2 }: Inputs, backend: NativeBackend): Four<Float32Array> {
  return [w1, b1, w2, b2].map((tensor) => backend.floats(tensor!)) as Four<Float32Array>;
}

export function squeezeExciteKernels(addon: Addon): NativeKernel[] {
  const forward = nativeKernel('SqueezeExcite', (inputs, attributes, backend) => {
    const { skip, branch, w1 } = inputs;
    const shape = exciteShape(branch!, w1!, attributes);
    const [batch, , channels, hiddenUnits] = shape;
    const y = backend.floatOutput(branch!.shape);
    const means = backend.floatOutput([batch, channels]);
    const hidden = backend.floatOutput([batch, hiddenUnits]);
    const factors = backend.floatOutput([batch, channels]);
    addon.squeezeExcite(
      ...shape,
      ...([backend.floats(skip!), backend.features(branch!)] as const),
      ...weightsOf(inputs, backend),
      ...([means.values, hidden.values, factors.values, y.values] as const),
    );
    return [y.info, means.info, hidden.info, factors.info];
  });

  const gradient = nativeKernel('SqueezeExciteGrad', (inputs, attributes, backend) => {
    const { dy, branch, w1, b1, w2, b2, means, hidden, factors } = inputs;
    const dbranch = backend.featureOutput(branch!.shape);
    const weights = [w1, b1, w2, b2].map((tensor) => backend.floatOutput(tensor!.shape));
    addon.squeezeExciteGradient(
      ...exciteShape(branch!, w1!, attributes),
      ...([backend.floats(dy!), backend.features(branch!)] as const),
      ...weightsOf(inputs, backend),
      ...([backend.floats(means!), backend.floats(hidden!), backend.floats(factors!)] as const),
      dbranch.values,
      ...(weights.map(({ values }) => values) as Four<Float32Array>),
    );
    return [dbranch, ...weights].map(({ info }) => info);
  });

  return [forward, gradient];
}
