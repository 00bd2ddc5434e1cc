/** Arguments of `nvae models`. */
import { Command } from 'commander';
import type { models } from '../actions/models.js';
import { withCommonOptions } from './commonOptions.js';

const examples = `
Examples:
  nvae models
  nvae sample emoji 0.7
  nvae models --json | jq '.models[].score'

A name in the list is a model for every command that takes one. A file or a run of the same name in the working directory comes
first. --engine and --seed have no effect.`;

export function modelsCommand(): Command {
  const command = new Command('models')
    .description('List the pretrained models that come with the package: score, data, licence, training.')
    .addHelpText('after', examples);
  return withCommonOptions(command).action(async (...given: Parameters<typeof models>) =>
    (await import('../actions/models.js')).models(...given),
  );
}
