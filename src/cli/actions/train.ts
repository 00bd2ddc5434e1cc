/** `nvae train`: a training run with plain progress lines or JSON events. */
import { join } from 'node:path';
import { lastValueFrom, map, tap } from 'rxjs';
import { loadConfig } from '../../config/loadConfig.js';
import type { TrainEvent } from '../../streams/events.js';
import { trainInProcess } from '../../streams/process/trainInProcess.js';
import type { RunCommand } from '../../streams/run/controls.js';
import type { CommonOptions } from '../commands/commonOptions.js';
import { exitCodes } from '../exitCodes.js';
import { createOutput, type Output } from '../output.js';
import { createProgressLines } from '../progressLines.js';
import { listenForInterruption } from '../signals.js';

interface TrainCommandOptions extends CommonOptions {
  readonly dataset: string;
  readonly folder: string;
  readonly set: readonly string[];
  readonly seconds?: number;
}

function tell(output: Output): (event: TrainEvent) => void {
  const line = createProgressLines(() => performance.now());
  return (event) => {
    output.event(event);
    if (event.type === 'warning') output.warning(event.message);
    // Where it is not started again, the same message is the error of the run.
    if (event.type === 'crash' && event.restartSeconds !== null) output.warning(event.message);
    const text = line(event);
    if (text !== undefined) output.progress(text);
  };
}

export async function runTraining(architecture: string, options: TrainCommandOptions): Promise<void> {
  const output = createOutput(options);
  const config = await loadConfig(architecture, { overrides: options.set });
  const interruption = listenForInterruption(() => {
    output.progress('stopping after this step; once more to abort without a checkpoint');
  });
  try {
    const events$ = trainInProcess(config, {
      engine: options.engine,
      dataset: options.dataset,
      weightsFolder: join(options.folder, 'saved_weights'),
      picturesFolder: join(options.folder, 'images'),
      runsFolder: join(options.folder, 'runs'),
      stop$: interruption.stop$,
      commands$: interruption.checkpoint$.pipe(map((): RunCommand => 'checkpoint')),
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
