/**
 * The middle of a decoder cell with given statistics: norm, 1x1 convolution to more channels, norm, SiLU, depthwise convolution, norm,
 * SiLU, 1x1 convolution to fewer channels, norm. The native engine never has the many channels of all pixels in memory. For use
 * without gradients.
 */
import * as tf from '../tf.js';
import type { Activation } from './batchNorm.js';
import { type CompositeKernel, type Inputs, runOne } from './composite.js';
import type { NormStatistics } from './convolveNormalized.js';

/** A convolution without a bias, and the norm of its result. */
export interface NormalizedFilter {
  readonly filter: tf.Tensor;
  readonly norm: NormStatistics;
}

export interface ExpansionLayers {
  /** Norm of x, `[in]`. All norms have the same epsilon. */
  readonly before: NormStatistics;
  /** `[1, 1, in, hidden]`. */
  readonly expand: NormalizedFilter;
  /** `[k, k, hidden, 1]`, with an odd k. */
  readonly spatial: NormalizedFilter;
  /** `[1, 1, hidden, out]`. */
  readonly reduce: NormalizedFilter;
  /** Whether every pixel becomes 2x2 before the depthwise convolution. */
  readonly upsample: boolean;
}

const parts = ['before', 'expand', 'spatial', 'reduce'] as const;
export type ExpansionPart = (typeof parts)[number];

/** Name of the statistics of a norm among the inputs of the kernel. */
export function statisticNames(part: ExpansionPart) {
  return {
    mean: `${part}Mean`,
    variance: `${part}Variance`,
    gamma: `${part}Gamma`,
    beta: `${part}Beta`,
  } as const;
}

function statisticsOf(part: ExpansionPart, inputs: Inputs): Inputs {
  const names = Object.entries(statisticNames(part));
  return Object.fromEntries(names.map(([statistic, name]) => [statistic, inputs[name]!]));
}

export const expansionKernels: CompositeKernel[] = [
  {
    name: 'Expansion',
    body: (inputs, { epsilon, upsample }) => {
      const normalize = (part: ExpansionPart, x: tf.Tensor, activation: Activation) =>
        runOne('BatchNormInference', { x, ...statisticsOf(part, inputs) }, { epsilon, activation });
      const convolve = (part: 'expand' | 'reduce', x: tf.Tensor, activation: Activation) => {
        const given = { x, filter: inputs[part]!, ...statisticsOf(part, inputs) };
        return runOne('ConvolveNormalized', given, { strides: 1, pad: 0, epsilon, activation });
      };
      const expanded = convolve('expand', normalize('before', inputs.x!, 'none'), 'silu');
      const large = upsample ? runOne<tf.Tensor4D>('UpsampleNearest2x', { x: expanded }) : expanded;
      const spatial = inputs.spatial as tf.Tensor4D;
      const filtered = tf.depthwiseConv2d(large as tf.Tensor4D, spatial, 1, 'same');
      return convolve('reduce', normalize('spatial', filtered, 'silu'), 'none');
    },
  },
];

/** Maps x `[batch, height, width, in]` to `[batch, height, width, out]`, or to twice the height and width. No gradient. */
export function expansion(x: tf.Tensor4D, { upsample, ...layers }: ExpansionLayers): tf.Tensor4D {
  const inputs: Record<string, tf.Tensor> = { x };
  for (const part of parts) {
    const layer = layers[part];
    const norm = 'norm' in layer ? layer.norm : layer;
    if ('filter' in layer) inputs[part] = layer.filter;
    for (const [statistic, name] of Object.entries(statisticNames(part))) {
      inputs[name] = norm[statistic as keyof ReturnType<typeof statisticNames>];
    }
  }
  return runOne('Expansion', inputs, { epsilon: layers.before.epsilon, upsample });
}
