/** Which architectures the PyTorch implementation cannot build, so that its files cannot contain them. Works without Node. */
import { CheckpointError } from '../../checkpoint/checkpointError.js';
import type { ModelConfig, NvaeConfig } from '../../config/types.js';
import { paddedDimension } from '../../model/plan.js';

const methods: ReadonlySet<string> = new Set(['gaussian', 'gaussian_mixture', 'logistic_mixture']);

/** Returns the keys that describe something which the PyTorch implementation does not have, each with its value. */
export function torchLimits(model: ModelConfig): string[] {
  const padded = paddedDimension(model);
  const limits: [isKnown: boolean, sentence: string][] = [
    [padded === model.inputDimension, `input_dimension ${model.inputDimension} (padded to ${padded})`],
    [model.imageChannels === 3, `image_channels ${model.imageChannels}`],
    [methods.has(model.samplingMethod), `sampling_method ${model.samplingMethod}`],
    [!model.jointColours, 'joint_colours true'],
    [model.decoderExpansion === 6, `decoder_expansion ${model.decoderExpansion} (always 6 there)`],
    [!model.flowWeightNorm || model.numFlows === 0, 'flow_weight_norm true'],
  ];
  return limits.filter(([isKnown]) => !isKnown).map(([, sentence]) => sentence);
}

/**
 * Checks that files of the PyTorch implementation can contain a model.
 * @param where names the file in messages
 * @param remedy what to do about it
 * @throws CheckpointError that names all keys which it does not know
 */
export function checkTorchLimits({ name, model }: NvaeConfig, where: string, remedy: string): void {
  const limits = torchLimits(model);
  if (limits.length === 0) return;
  const keys = `${limits.join(', ')} in the configuration ${name}`;
  throw new CheckpointError(where, `the PyTorch implementation has no model with ${keys}; ${remedy}`);
}
