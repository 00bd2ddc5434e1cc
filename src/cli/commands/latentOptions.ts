/** Options shared by the commands that encode images. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { LatentKind } from '../../model/nvae.js';
import { integerFrom } from './commonOptions.js';

/** Options of encoding. */
export interface LatentOptions {
  readonly latents: LatentKind;
  readonly freeFlow: boolean;
  readonly batch: number;
  readonly count?: number;
}

/** Help text for the argument `images`. */
export const imagesHelp =
  'an image, a folder of images with its subfolders, or a file of many (archive, array, records, list of paths; - reads a list from standard input)';

/** Adds the options of encoding. */
export function withLatentOptions(command: Command): Command {
  return command
    .addOption(
      new Option('--latents <kind>', 'latents from the posterior: its mean, or a draw')
        .choices(['mean', 'drawn'])
        .default('drawn'),
    )
    .option('--no-free-flow', 'encode as the PyTorch implementation does: skip flows that are not fixed')
    .option('--batch <number>', 'images computed at a time; more need more memory', integerFrom(1), 16);
}

/** A parser for a number of images, or `all`: Infinity. */
export function countOrAll(text: string): number {
  if (text === 'all') return Number.POSITIVE_INFINITY;
  try {
    return integerFrom(1)(text);
  } catch {
    throw new InvalidArgumentError('Expected an integer of at least 1, or all.');
  }
}
