import type { Command } from 'commander';
import { InvalidArgumentError, Option } from 'commander';
import { runNameProblem } from '../../config/runName.js';
import { engineNames } from '../../engine/engines.js';
import type { Temperature } from '../../model/nvae.js';

/** Options that every command takes. */
export interface CommonOptions {
  readonly engine: string;
  readonly seed?: number;
  readonly json?: boolean;
  readonly quiet?: boolean;
}

/** Adds the options that every command takes. */
export function withCommonOptions(command: Command): Command {
  return command
    .addOption(
      new Option('--engine <name>', 'what computes').choices(['auto', ...engineNames]).default('auto'),
    )
    .option('--seed <number>', 'seed of all randomness', integerFrom(0))
    .option('--json', 'JSON on standard output: one event per line, or one result')
    .option('--quiet', 'only warnings and results');
}

/** A number as people write it, `1000`, `0.5` or `1e3`; NaN for all else that JavaScript takes for one. */
function decimal(text: string): number {
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : Number.NaN;
}

/** A parser for an option that must be an integer of at least `least`. */
export function integerFrom(least: number): (text: string) => number {
  return (text) => {
    const value = decimal(text);
    if (!Number.isSafeInteger(value) || value < least) {
      throw new InvalidArgumentError(`Expected an integer of at least ${least}.`);
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

/** What a model is, for a command's help. */
export const modelHelp =
  'a .model or .checkpoint file, or the name of a run: its final model or checkpoint, the newer one';

/** What `--folder` is for a command that reads a model. */
export const folderHelp = 'where saved_weights of that run is, and images are written';

/** What a temperature is, for a command's help. */
export const temperatureHelp =
  'multiplies the standard deviations of the latents, 0 to 1; or one per latent group, level 0 first: 0.6,0.8,1';

/** A parser for a temperature: a number between 0 and 1, or such numbers with commas between, one per latent group. */
export function temperature(text: string): Temperature {
  const values = text.split(',').map((part) => decimal(part.trim()));
  if (!values.every((value) => value >= 0 && value <= 1)) {
    throw new InvalidArgumentError(
      'Expected a number between 0 and 1, or one per latent group with commas between, as 0.6,0.8,1.',
    );
  }
  return values.length === 1 ? (values[0] ?? 1) : values;
}
