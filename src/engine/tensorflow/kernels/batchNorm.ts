/** Batch normalisation with FusedBatchNormV3 and its gradient. */
import type { Attributes } from '../../fused/composite.js';
import * as tf from '../../tf.js';
import { flag, float } from './attributes.js';
import { type Execute, tensorflowKernel } from './kernel.js';
import { silu, siluGradient } from './silu.js';

/** Returns y, the batch's mean and unbiased variance, and values for the gradient. `given` statistics replace the batch's. */
function normalize(
  [x, gamma, beta]: readonly [tf.Tensor, tf.Tensor, tf.Tensor],
  given: readonly [mean: tf.Tensor, variance: tf.Tensor] | null,
  { epsilon }: Attributes,
  { backend, many }: Execute,
): tf.Tensor[] {
  const statistics = given ?? [tf.tensor1d([]), tf.tensor1d([])];
  const attributes = [
    float(backend, 'epsilon', epsilon as number),
    flag(backend, 'is_training', given === null),
  ];
  return many('FusedBatchNormV3', [x, gamma, beta, ...statistics], 6, attributes);
}

/**
 * Returns the batch's biased variance. On a CPU, it is the value reserved for the gradient. On a GPU, that value is something
 * else (libtensorflow documents neither).
 */
function biased(x: tf.Tensor, [, , unbiased, , reserved]: readonly tf.Tensor[], execute: Execute): tf.Tensor {
  if (!execute.backend.isUsingGpuDevice) return reserved!;
  const rows = x.size / unbiased!.size;
  return rows === 1 ? unbiased! : tf.mul(unbiased!, (rows - 1) / rows);
}

export const batchNormKernels: readonly tf.KernelConfig[] = [
  tensorflowKernel('BatchNormTrain', ({ x, gamma, beta }, attributes, execute) => {
    const results = normalize([x!, gamma!, beta!], null, attributes, execute);
    const [y, mean] = results as [tf.Tensor, tf.Tensor];
    const activated = attributes.activation === 'silu' ? silu(y, execute) : y;
    return [activated, mean, biased(x!, results, execute)];
  }),

  tensorflowKernel('BatchNormTrainGrad', (inputs, attributes, execute) => {
    const { dy, x, gamma, beta, mean, variance } = inputs as Record<string, tf.Tensor>;
    const { backend, many } = execute;
    const activated = attributes.activation === 'silu';
    const onGpu = backend.isUsingGpuDevice;
    // On a GPU, only the operation itself can produce the values that its gradient takes, so it runs again.
    const given = onGpu ? null : ([mean!, variance!] as const);
    const again =
      onGpu || activated ? normalize([x!, gamma!, beta!], given, attributes, execute) : ([] as tf.Tensor[]);
    const g = activated ? siluGradient(dy!, again[0]!, execute) : dy!;
    const reserved = onGpu ? again.slice(3) : [mean!, variance!, tf.tensor1d([])];
    const settings = [
      float(backend, 'epsilon', attributes.epsilon as number),
      flag(backend, 'is_training', true),
    ];
    const [dx, dgamma, dbeta] = many('FusedBatchNormGradV3', [g, x!, gamma!, ...reserved], 5, settings);
    return [dx!, dgamma!, dbeta!];
  }),

  tensorflowKernel('BatchNormInference', (inputs, attributes, execute) => {
    const { x, mean, variance, gamma, beta } = inputs as Record<string, tf.Tensor>;
    const [y] = normalize([x!, gamma!, beta!], [mean!, variance!], attributes, execute);
    return attributes.activation === 'silu' ? silu(y!, execute) : y!;
  }),
];
