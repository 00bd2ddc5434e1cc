/**
 * Makes a trained model one that comes with the package: writes `pretrained/<name>.model` in bfloat16, measures it on its held-out
 * images, and writes the numbers to `pretrained/<name>.json`. What a program cannot know (description, data, training) stands in
 * that file before.
 *
 *     npm run pretrained -- emoji saved_weights/emoji.checkpoint
 */
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { lastValueFrom } from 'rxjs';
import { saveModel } from '../src/checkpoint/saveModel.js';
import type { Dataset } from '../src/data/dataset.js';
import { useEngine } from '../src/engine/index.js';
import { parameterCount, planModel } from '../src/model/plan.js';
import { loadModel } from '../src/modelFiles/loadModel.js';
import type { PretrainedFacts } from '../src/modelFiles/pretrained/pretrainedModel.js';
import { readAnyModelFile } from '../src/modelFiles/readAnyModelFile.js';
import { evaluate } from '../src/streams/evaluation/evaluate.js';
import type { EvaluationResult } from '../src/streams/evaluation/evaluationEvents.js';
import { checked, checkImages } from './pretrained/checkImages.js';

/** In bytes; the package is downloaded by everybody who installs it. */
const largest = 1_500_000;

const command = new Command('pretrained')
  .argument('<name>', 'name of the pretrained model')
  .argument('<file>', 'a .model or .checkpoint file')
  .option('--count <number>', 'number of held-out images for the score, the first ones (default: all)')
  .parse();
const [name = '', file = ''] = command.args;
const { count } = command.opts<{ count?: string }>();

const images = checkImages[name];
if (!images) throw new Error(`${name}: expected one of ${Object.keys(checkImages).join(', ')}`);
const folder = fileURLToPath(new URL('../pretrained', import.meta.url));
const facts = JSON.parse(readFileSync(join(folder, `${name}.json`), 'utf8')) as PretrainedFacts;
const path = join(folder, `${name}.model`);

const content = await readAnyModelFile(file, { weightsOnly: true });
await saveModel(path, content, { dtype: 'bfloat16' });
const { size } = statSync(path);
if (size > largest) throw new Error(`${path}: expected at most ${largest} bytes, got ${size}`);

await useEngine();
const model = await loadModel(path);
const dataset = await images();
const score = await evaluated(dataset, count === undefined ? {} : { count: Number(count) });
const check = await evaluated(dataset, { count: checked });
model.dispose();

const measured: PretrainedFacts = {
  ...facts,
  parameters: parameterCount(planModel(content.config.model)),
  score: {
    ...facts.score,
    bitsPerDimension: rounded(score.bitsPerDimension.mean),
    negativeElbo: rounded(score.negativeElboMass.mean),
  },
  check: { images: checked, negativeElbo: rounded(check.negativeElboMass.mean) },
};
writeFileSync(join(folder, `${name}.json`), `${JSON.stringify(measured, null, 2)}\n`);
console.log(
  `${basename(path)}: ${size} bytes; ${JSON.stringify({ ...measured.score, check: measured.check })}`,
);

async function evaluated(dataset: Dataset, options: { readonly count?: number }): Promise<EvaluationResult> {
  const event = await lastValueFrom(evaluate(model, dataset, options));
  if (event.type !== 'result') throw new Error('internal: no result');
  return event;
}

function rounded(value: number): number {
  return Number(value.toPrecision(8));
}
