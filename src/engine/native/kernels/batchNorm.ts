/** Batch normalisation with an optional SiLU; forward and backward are one kernel each. See ../../fused/batchNorm.ts. */
import type { Addon } from '../addon.js';
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
    addon.batchNorm(
      ...normShape(x!.shape, attributes),
      backend.features(x!),
      backend.floats(gamma!),
      backend.floats(beta!),
      y.values,
      mean.values,
      variance.values,
    );
    return [y.info, mean.info, variance.info];
  });

  const gradient = nativeKernel('BatchNormTrainGrad', (inputs, attributes, backend) => {
    const { dy, x, gamma, beta, mean, variance } = inputs;
    const dx = attributes.overwritesDy ? backend.outputIn(dy!) : backend.outputLike(dy!, x!.shape);
    const dgamma = backend.floatOutput(gamma!.shape);
    const dbeta = backend.floatOutput(gamma!.shape);
    addon.batchNormGradient(
      ...normShape(x!.shape, attributes),
      backend.features(dy!),
      backend.features(x!),
      ...([gamma!, beta!, mean!, variance!].map((tensor) => backend.floats(tensor)) as Four),
      dx.values,
      dgamma.values,
      dbeta.values,
    );
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

type Four = [Float32Array, Float32Array, Float32Array, Float32Array];
