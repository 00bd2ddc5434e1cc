/** The middle of a decoder cell without gradients, in four dispatches; see ../../fused/expansion.ts. */
import type { Attributes } from '../../fused/composite.js';
import { type ExpansionPart, statisticNames } from '../../fused/expansion.js';
import type * as tf from '../../tf.js';
import { normalizeGiven } from './batchNorm.js';
import { convolveNormalized } from './convolutions.js';
import { depthwiseNormalized } from './depthwise.js';
import { type Inputs, type WebgpuKernel, webgpuKernel } from './kernel.js';

function statisticsOf(part: ExpansionPart, inputs: Inputs): Inputs {
  const names = Object.entries(statisticNames(part));
  return Object.fromEntries(names.map(([statistic, name]) => [statistic, inputs[name]!]));
}

export const expansionKernels: readonly WebgpuKernel[] = [
  webgpuKernel('Expansion', (inputs, { epsilon, upsample }, device) => {
    const given = (part: ExpansionPart, x: tf.TensorInfo) => {
      const filter = inputs[part];
      return { x, ...(filter && { filter }), ...statisticsOf(part, inputs) };
    };
    const activated: Attributes = { epsilon, activation: 'silu' };
    const linear: Attributes = { epsilon, activation: 'none' };
    const pointwise = { strides: 1, pad: 0 };
    const normalized = normalizeGiven(given('before', inputs.x!), linear, device);
    const expanded = convolveNormalized(given('expand', normalized), { ...activated, ...pointwise }, device);
    const filtered = depthwiseNormalized(
      given('spatial', expanded as tf.TensorInfo),
      { ...activated, upsample: upsample === true },
      device,
    );
    return convolveNormalized(given('reduce', filtered), { ...linear, ...pointwise }, device);
  }),
];
