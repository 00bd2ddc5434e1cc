/** `nvae train`: a training run with plain progress lines or JSON events. */
import { join } from 'node:path';
import { Command } from 'commander';
import { lastValueFrom, tap } from 'rxjs';
import { loadConfig } from '../../config/loadConfig.js';
import { useEngine } from '../../engine/index.js';
import type { TrainEvent } from '../../streams/events.js';
import { train } from '../../streams/train.js';
import { exitCodes } from '../exitCodes.js';
import { createOutput, type Output } from '../output.js';
import { createProgressLines } from '../progressLines.js';
import { listenForInterruption } from '../signals.js';
import { type CommonOptions, positiveNumber, withCommonOptions } from './commonOptions.js';

interface TrainCommandOptions extends CommonOptions {
  readonly dataset: string;
  readonly folder: string;
  readonly set: readonly string[];
  readonly seconds?: number;
}

function tell(output: Output): (event: TrainEvent) => void {
  const line = createProgressLines(Date.now);
  return (event) => {
    output.event(event);
    if (event.type === 'warning') output.warning(event.message);
    const text = line(event);
    if (text !== undefined) output.progress(text);
  };
}

async function runTraining(architecture: string, options: TrainCommandOptions): Promise<void> {
  const output = createOutput(options);
  const config = await loadConfig(architecture, { overrides: options.set });
  const engine = await useEngine(options.engine);
  for (const warning of engine.warnings) output.warning(warning);
  output.progress(`engine ${engine.name}: ${engine.description}`);
  const interruption = listenForInterruption(() => {
    output.progress('stopping after this step; once more to abort without a checkpoint');
  });
  try {
    const events$ = train(config, {
      dataset: options.dataset,
      weightsFolder: join(options.folder, 'saved_weights'),
      picturesFolder: join(options.folder, 'images'),
      stop$: interruption.stop$,
      signal: interruption.signal,
      ...(options.seed !== undefined && { seed: options.seed }),
      ...(options.seconds !== undefined && { seconds: options.seconds }),
    });
    const last = await lastValueFrom(events$.pipe(tap(tell(output))), { defaultValue: undefined });
    if (last?.type === 'finished' && !options.json) output.result(last, last.model);
    if (interruption.interrupted) process.exitCode = exitCodes.interrupted;
  } finally {
    interruption.dispose();
  }
}

const examples = `
Examples:
  nvae train demo --dataset my-photos
  nvae train penguin --set training_parameters.batch_size=8 --seconds 3600

The same command resumes a run from its last checkpoint. Ctrl-C finishes the step and writes the checkpoint.`;

export function trainCommand(): Command {
  const command = new Command('train')
    .description('Train a configuration on a folder of images, from its checkpoint where there is one.')
    .argument('<architecture>', 'name of a file in model_configs, or a path')
    .option('--dataset <folder>', 'images to learn from', 'dataset')
    .option('--folder <folder>', 'where saved_weights and images are', '.')
    .option('--set <key=value>', 'override a key of the configuration (repeatable)', collect, [])
    .option('--seconds <number>', 'stop after this time, as Ctrl-C does', positiveNumber)
    .addHelpText('after', examples);
  return withCommonOptions(command).action(runTraining);
}

function collect(value: string, previous: readonly string[]): string[] {
  return [...previous, value];
}
