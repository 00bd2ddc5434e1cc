/** `nvae models`: lists the models that come with the package. */
import { type PretrainedModel, pretrainedModels } from '../../modelFiles/pretrained/pretrainedModel.js';
import type { CommonOptions } from '../commands/commonOptions.js';
import { createOutput } from '../terminal/output.js';

export async function models(options: CommonOptions): Promise<void> {
  const found = await pretrainedModels();
  createOutput(options).result({ type: 'models', models: found }, found.map(paragraph).join('\n\n'));
}

function paragraph({ name, description, parameters, bytes, score, data, training }: PretrainedModel): string {
  const count = (value: number) => value.toLocaleString('en-US');
  const nats = score.negativeElbo.toLocaleString('en-US', { maximumFractionDigits: 1 });
  const size = `${(parameters / 1e6).toFixed(2)} M parameters, ${(bytes / 1e6).toFixed(2)} MB`;
  return [
    `${name}: ${description}; ${size}`,
    `  score     ${score.bitsPerDimension.toFixed(3)} bits/dim, ${nats} nats per image (negative ELBO) on ${score.images}`,
    `  data      ${data.name}, ${count(data.images)} images`,
    `  licence   ${data.licence} (of the data)`,
    `  training  ${training.command}`,
    `            ${count(training.imagesSeen)} images seen, ${training.effort}, ${training.date}`,
  ].join('\n');
}
