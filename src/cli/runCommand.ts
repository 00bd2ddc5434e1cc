/**
 * The `nvae` command: arguments in, exit code out. The arguments of commands are in ./commands; their code is in ./actions, which
 * is loaded on demand because the engine is slow to load.
 */
import { Command, CommanderError } from 'commander';
import { engineSettings } from '../engine/settings.js';
import { cherryCommand } from './commands/cherry.js';
import { configsCommand } from './commands/configs.js';
import { datasetCommand } from './commands/dataset.js';
import { decodeCommand } from './commands/decode.js';
import { doctorCommand } from './commands/doctor.js';
import { encodeCommand } from './commands/encode.js';
import { evaluateCommand } from './commands/evaluate.js';
import { exploreCommand } from './commands/explore.js';
import { exportCommand } from './commands/export.js';
import { importCommand } from './commands/import.js';
import { interpolateCommand } from './commands/interpolate.js';
import { modelsCommand } from './commands/models.js';
import { planCommand } from './commands/plan.js';
import { reconstructCommand } from './commands/reconstruct.js';
import { runsCommand } from './commands/runs.js';
import { sampleCommand } from './commands/sample.js';
import { trainCommand } from './commands/train.js';
import { watchCommand } from './commands/watch.js';
import { exitCodes } from './exitCodes.js';
import { problemInGroup } from './ranks/problemInGroup.js';
import { hideJsonWarning } from './start/hideJsonWarning.js';
import { readManifest } from './start/readManifest.js';
import { isVoice, keepStandardOutputForData, watchForClosedOutput } from './terminal/output.js';

function createProgram(): Command {
  const program = new Command('nvae')
    .description('Train and sample NVAE, a deep hierarchical variational autoencoder.')
    .version(readManifest().version)
    .addCommand(trainCommand())
    .addCommand(planCommand())
    .addCommand(watchCommand())
    .addCommand(runsCommand())
    .addCommand(sampleCommand())
    .addCommand(cherryCommand())
    .addCommand(exploreCommand())
    .addCommand(interpolateCommand())
    .addCommand(evaluateCommand())
    .addCommand(reconstructCommand())
    .addCommand(encodeCommand())
    .addCommand(decodeCommand())
    .addCommand(datasetCommand())
    .addCommand(importCommand())
    .addCommand(exportCommand())
    .addCommand(modelsCommand())
    .addCommand(configsCommand())
    .addCommand(doctorCommand())
    .hook('preAction', (_, command) => {
      engineSettings();
      const problem = problemInGroup(command.name());
      if (problem !== null) command.error(`error: ${problem}`);
    });
  for (const command of [program, ...program.commands]) {
    if (!isVoice()) command.configureOutput(noText);
    command.exitOverride().showSuggestionAfterError().showHelpAfterError('(nvae --help lists all commands)');
  }
  return program;
}

/** For ranks other than 0, which print the same. */
const noText = { writeOut: () => undefined, writeErr: () => undefined };

function exitCodeOf(error: unknown): number {
  const isUsage = error instanceof CommanderError;
  // A launcher ends all ranks as soon as one fails, so rank 0, which has the same error, must be first.
  if (!isVoice()) return isUsage ? exitCodes.done : exitCodes.failed;
  if (isUsage) return error.exitCode === 0 ? exitCodes.done : exitCodes.usage;
  const message = error instanceof Error ? error.message : String(error);
  process.stderr.write(`nvae: ${message}\n`);
  if (process.env.NVAE_DEBUG && error instanceof Error) process.stderr.write(`${error.stack}\n`);
  return error instanceof Error && error.name === 'NonFiniteLossError'
    ? exitCodes.diverged
    : exitCodes.failed;
}

/** Runs the command that the arguments name, and sets the exit code of the process. */
export async function runCommand(): Promise<void> {
  // Otherwise React draws several times slower.
  process.env.NODE_ENV ??= 'production';
  hideJsonWarning();
  keepStandardOutputForData();
  watchForClosedOutput();
  try {
    await createProgram().parseAsync();
  } catch (error) {
    process.exitCode = exitCodeOf(error);
  }
}
