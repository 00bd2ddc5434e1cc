/** Batch normalisation with an optional SiLU. See ../../fused/batchNorm.ts. */
import { addUp, type WholeBatch, wholeRows } from '../../wholeBatch.js';
import type { Addon } from '../addon.js';
import type { NativeBackend } from '../backend.js';
import { type Attributes, type NativeKernel, nativeKernel } from '../kernel.js';

/** Returns rows, channels, epsilon and whether a SiLU follows, in the order of the addon's arguments. */
function normShape(shape: number[], attributes: Attributes): [number, number, number, number] {
  const channels = shape[shape.length - 1]!;
  const rows = shape.slice(0, -1).reduce((product, size) => product * size, 1);
  return [rows, channels, attributes.epsilon as number, Number(attributes.activation === 'silu')];
}

export function batchNormKernels(addon: Addon): NativeKernel[] {
  const train = nativeKernel('BatchNormTrain', ({ x, gamma, beta }, attributes, backend) => {
    const y = backend.featureOutput(x!.shape);
    const mean = backend.floatOutput(gamma!.shape);
    const variance = backend.floatOutput(gamma!.shape);
    const shape = normShape(x!.shape, attributes);
    const values = backend.features(x!);
    const [scale, shift] = [backend.floats(gamma!), backend.floats(beta!)];
    const statistics = [mean.values, variance.values] as const;
    const whole = attributes.whole as WholeBatch | undefined;
    if (whole) {
      const sums = new Float64Array(2 * scale.length);
      addon.batchSums(...shape, values, sums);
      backend.call(() => addUp(whole, sums));
      addon.batchStatistics(wholeRows(whole, x!.shape), sums, ...statistics);
      addon.normalize(...shape, values, ...statistics, scale, shift, y.values);
    } else addon.batchNorm(...shape, values, scale, shift, y.values, ...statistics);
    return [y.info, mean.info, variance.info];
  });

  const gradient = nativeKernel('BatchNormTrainGrad', (inputs, attributes, backend) => {
    const { dy, x, gamma, beta, mean, variance } = inputs;
    const dx = attributes.overwritesDy ? backend.outputIn(dy!) : backend.outputLike(dy!, x!.shape);
    const dgamma = backend.floatOutput(gamma!.shape);
    const dbeta = backend.floatOutput(gamma!.shape);
    const shape = normShape(x!.shape, attributes);
    const given = [backend.features(dy!), backend.features(x!)] as const;
    const scale = backend.floats(gamma!);
    const statistics = [backend.floats(mean!), backend.floats(variance!)] as const;
    const sums = [dgamma.values, dbeta.values] as const;
    addon.batchNormGradientSums(
      ...shape,
      ...given,
      scale,
      backend.floats(beta!),
      ...statistics,
      dx.values,
      ...sums,
    );
    const g = attributes.activation === 'silu' ? dx.values : given[0];
    const whole = attributes.whole as WholeBatch | undefined;
    const rows = whole ? wholeRows(whole, x!.shape) : shape[0];
    const all = whole ? sumsOfAll(backend, whole, ...sums) : sums;
    addon.batchNormGradient(...shape, rows, g, given[1], scale, ...statistics, ...all, dx.values);
    return [dx.info, dgamma.info, dbeta.info];
  });

  const inference = nativeKernel('BatchNormInference', (inputs, attributes, backend) => {
    const { x, mean, variance, gamma, beta } = inputs;
    const y = backend.featureOutput(x!.shape);
    addon.normalize(
      ...normShape(x!.shape, attributes),
      backend.features(x!),
      backend.floats(mean!),
      backend.floats(variance!),
      backend.floats(gamma!),
      backend.floats(beta!),
      y.values,
    );
    return y.info;
  });

  return [train, gradient, inference];
}

/** The sums over the whole batch of what the gradient in x needs; nothing if no image here counts. */
function sumsOfAll(
  backend: NativeBackend,
  whole: WholeBatch,
  dgamma: Float32Array,
  dbeta: Float32Array,
): [Float32Array, Float32Array] {
  const { length } = dgamma;
  const own = new Float64Array(2 * length);
  const all: [Float32Array, Float32Array] = [new Float32Array(length), new Float32Array(length)];
  backend.call(() => {
    own.set(dgamma);
    own.set(dbeta, length);
    addUp(whole, own);
    if (whole.own === 0) return;
    all[0].set(own.subarray(0, length));
    all[1].set(own.subarray(length));
  });
  return all;
}
