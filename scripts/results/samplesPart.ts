/** Pictures of samples from the pretrained models, at three temperatures. */
import { fileURLToPath } from 'node:url';
import { pretrainedModels } from '../../src/modelFiles/pretrained/pretrainedModel.js';
import { nvae } from './nvae.js';
import type { SamplesResult, Store } from './store.js';

const temperatures = [0.6, 0.8, 1];

export async function samplesPart(store: Store): Promise<void> {
  const samples: SamplesResult[] = [];
  for (const { name: model, path } of await pretrainedModels()) {
    for (const temperature of temperatures) {
      const picture = `pictures/samples_${model}_${temperature}.png`;
      const out = fileURLToPath(new URL(`../../docs/${picture}`, import.meta.url));
      const size = ['--rows', '4', '--columns', '12'];
      nvae('sample', path, String(temperature), ...size, '--out', out, '--seed', '0', '--quiet');
      samples.push({ model, temperature, picture });
    }
  }
  store.update({ samples });
}

/** Null without samples. */
export function samplesText({ results: { samples } }: Store): string | null {
  if (samples.length === 0) return null;
  return samples
    .map(({ model, temperature, picture }) => {
      const words = `Samples of ${model} at temperature ${temperature}`;
      return `![${words}](${picture})\n\n${words}.`;
    })
    .join('\n\n');
}
