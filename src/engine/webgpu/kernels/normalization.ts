/** Batch norm with given statistics and maybe SiLU, of a sum that a shader is about to write. */
import type { Attributes } from '../../fused/composite.js';
import type { Finish, FinishInputs } from './finish.js';
import type { Inputs } from './kernel.js';
import { siluCode } from './silu.js';

const statistics = ['mean', 'variance', 'gamma', 'beta'] as const;

/** @param isBiased whether a bias is added to the sum first */
export function normalization(isBiased: boolean): Finish {
  return {
    reads: [...(isBiased ? ['bias'] : []), ...statistics],
    integers: ['activated'],
    floats: ['epsilon'],
    code: `${siluCode}
fn finished(sum: f32, c: u32) -> f32 {
  let value = (sum${isBiased ? ' + bias[c]' : ''} - mean[c]) * (gamma[c] / sqrt(variance[c] + given.epsilon)) + beta[c];
  return select(value, silu(value), given.activated == 1);
}`,
  };
}

/** The tensors, by the names above, and numbers of a kernel. */
export function normalizationInputs(inputs: Inputs, { activation, epsilon }: Attributes): FinishInputs {
  return {
    reads: [...(inputs.bias ? [inputs.bias] : []), ...statistics.map((name) => inputs[name]!)],
    integers: [Number(activation === 'silu')],
    floats: [epsilon as number],
  };
}
