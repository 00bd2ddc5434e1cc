/** Names, order and shapes of a model's tensors in the files of the PyTorch implementation. Works without Node. */
import type { ModelConfig } from '../../config/types.js';
import type { BatchNormPlan } from '../../model/layers/batchNormPlan.js';
import { planModel } from '../../model/plan.js';
import { torchShape } from '../../model/tensorLayout.js';

/** A tensor of a `state_dict`: a trained parameter, a running average, or the counter of a running average. */
export interface TorchEntry {
  readonly name: string;
  /** Shape in PyTorch's axis order; `[]` for a counter. */
  readonly shape: readonly number[];
  readonly kind: 'parameter' | 'average' | 'counter';
}

/**
 * The tensors of a model's `state_dict`, in PyTorch's order: that of its modules, so the averages of a batch normalisation follow
 * its parameters. The parameters alone are in the optimiser's order.
 * @throws RangeError when the configuration does not describe a valid model
 */
export function torchLayout(config: ModelConfig): TorchEntry[] {
  const { parameters, batchNorms } = planModel(config);
  const buffersAfter = new Map(batchNorms.map((plan) => [`${plan.name}.bias`, buffersOf(plan)]));
  return parameters.flatMap(({ name, shape, layout }): TorchEntry[] => [
    { name, shape: torchShape(shape, layout), kind: 'parameter' },
    ...(buffersAfter.get(name) ?? []),
  ]);
}

function buffersOf({ name, channels }: BatchNormPlan): TorchEntry[] {
  return [
    { name: `${name}.running_mean`, shape: [channels], kind: 'average' },
    { name: `${name}.running_var`, shape: [channels], kind: 'average' },
    { name: `${name}.num_batches_tracked`, shape: [], kind: 'counter' },
  ];
}
