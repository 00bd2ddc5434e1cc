import type { Command } from 'commander';
import { InvalidArgumentError, Option } from 'commander';
import { weightSets } from '../../checkpoint/weightSets.js';
import { runNameProblem } from '../../config/runName.js';
import { engineNames } from '../../engine/engines.js';
import type { Temperature } from '../../model/sampleSource.js';

/** Options that every command accepts. */
export interface CommonOptions {
  readonly engine: string;
  readonly seed?: number;
  readonly json?: boolean;
  readonly quiet?: boolean;
}

/** Adds the options that every command accepts. */
export function withCommonOptions(command: Command): Command {
  return command
    .addOption(
      new Option('--engine <name>', 'compute engine').choices(['auto', ...engineNames]).default('auto'),
    )
    .option('--seed <number>', 'random seed', integerFrom(0))
    .option('--json', 'print JSON: one event per line, or one result')
    .option('--quiet', 'print only warnings and results');
}

/** Parses a decimal number: `1000`, `0.5` or `1e3`; NaN for other notations that JavaScript accepts. */
function decimal(text: string): number {
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : Number.NaN;
}

/** A parser for an option that must be an integer of at least `least`, and at most `most` if that is given. */
export function integerFrom(least: number, most = Number.MAX_SAFE_INTEGER): (text: string) => number {
  return (text) => {
    const value = decimal(text);
    if (!Number.isSafeInteger(value) || value < least || value > most) {
      const range = most < Number.MAX_SAFE_INTEGER ? `from ${least} to ${most}` : `of at least ${least}`;
      throw new InvalidArgumentError(`Expected an integer ${range}.`);
    }
    return value;
  };
}

/** A parser for an option that must be a number greater than 0. */
export function positiveNumber(text: string): number {
  const value = decimal(text);
  if (!(value > 0) || !Number.isFinite(value))
    throw new InvalidArgumentError('Expected a number greater than 0.');
  return value;
}

/** A parser for an option that must be a number of at least 0. */
export function numberFromZero(text: string): number {
  const value = decimal(text);
  if (!(value >= 0) || !Number.isFinite(value))
    throw new InvalidArgumentError('Expected a number of at least 0.');
  return value;
}

/** A parser for the name of a run. */
export function runName(text: string): string {
  const problem = runNameProblem(text);
  if (problem !== null) throw new InvalidArgumentError(`It ${problem}.`);
  return text;
}

/** Help text for the argument `model`. */
export const modelHelp =
  'a .model or .checkpoint file, also of the PyTorch implementation, or the name of a run (uses its final model or checkpoint, ' +
  'whichever is newer; <name>.best is its best model on held-out images) or of a pretrained model (nvae models)';

/** The option `--config` of commands that read a model; its value goes to `openModel`, `loadModel` or `readAnyModelFile`. */
export function configOption(): Option {
  return new Option(
    '--config <configuration>',
    'name or path of the configuration of a PyTorch file, which does not contain it (default: the one that the file names, ' +
      'beside it or in model_configs)',
  );
}

/** The option `--weights` of commands that read a model; its value goes to `openModel`. */
export function weightsOption(): Option {
  return new Option(
    '--weights <set>',
    'weights to use: raw, those of the last step, or ema, their moving average (default: ema if the file has it)',
  ).choices(weightSets);
}

/** Help text for `--folder` in commands that read a model. */
export const folderHelp = 'folder with the saved_weights of the run; images are written to images in it';

/** Help text for `--folder` in commands that read a model and write no pictures. */
export const latentsFolderHelp = 'folder with the saved_weights of the run';

/** Help text for the argument `temperature`. */
export const temperatureHelp =
  'multiplies the standard deviations of the latents, 0 to 1; or one per latent group, level 0 first: 0.6,0.8,1';

/** Parses a temperature: a number between 0 and 1, or one per latent group, separated by commas. */
export function temperature(text: string): Temperature {
  const values = text.split(',').map((part) => decimal(part.trim()));
  if (!values.every((value) => value >= 0 && value <= 1)) {
    throw new InvalidArgumentError(
      'Expected a number between 0 and 1, or one per latent group, such as 0.6,0.8,1.',
    );
  }
  return values.length === 1 ? (values[0] ?? 1) : values;
}
