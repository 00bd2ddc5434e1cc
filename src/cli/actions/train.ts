/** `nvae train`: a training run with a dashboard, plain progress lines or JSON events. */
import { join } from 'node:path';
import { lastValueFrom, map, merge, type Observable, reduce, Subject, tap } from 'rxjs';
import { loadConfig } from '../../config/loadConfig.js';
import type { TrainEvent } from '../../streams/events.js';
import { journalName } from '../../streams/journal/entry.js';
import { readJournal } from '../../streams/journal/readJournal.js';
import { trainInProcess } from '../../streams/process/trainInProcess.js';
import type { RunCommand } from '../../streams/run/controls.js';
import { newRun, type RunView, withEvent } from '../../ui/dashboard/runView.js';
import type { DashboardOptions } from '../../ui/dashboard/showDashboard.js';
import { colourDepth } from '../../ui/pictures/colourDepth.js';
import { terminalHints } from '../../ui/pictures/terminalHints.js';
import type { CommonOptions } from '../commands/commonOptions.js';
import { exitCodes } from '../exitCodes.js';
import { createOutput, hasScreenReader, isInteractive, type Output } from '../output.js';
import { createProgressLines } from '../progressLines.js';
import { listenForInterruption } from '../signals.js';
import { spokenRun } from '../spokenRun.js';

interface TrainCommandOptions extends CommonOptions {
  readonly name?: string;
  readonly dataset: string;
  readonly folder: string;
  readonly set: readonly string[];
  readonly seconds?: number;
  readonly dashboard: boolean;
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
  const { name = config.name } = options;
  const followed = options.dashboard && isInteractive(options);
  const onScreen = followed && !hasScreenReader();
  const interruption = listenForInterruption(() => {
    if (!onScreen) output.progress('stopping after this step; once more to abort without a checkpoint');
  });
  const asked$ = new Subject<RunCommand>();
  const abort = new AbortController();
  const runsFolder = join(options.folder, 'runs');
  try {
    const events$ = trainInProcess(config, {
      name,
      engine: options.engine,
      dataset: options.dataset,
      weightsFolder: join(options.folder, 'saved_weights'),
      picturesFolder: join(options.folder, 'images'),
      runsFolder,
      stop$: interruption.stop$,
      commands$: merge(interruption.checkpoint$.pipe(map((): RunCommand => 'checkpoint')), asked$),
      signal: AbortSignal.any([interruption.signal, abort.signal]),
      ...(options.seed !== undefined && { seed: options.seed }),
      ...(options.seconds !== undefined && { seconds: options.seconds }),
    });
    const ask = (command: RunCommand | 'abort') =>
      command === 'abort' ? abort.abort() : asked$.next(command);
    const journal = join(runsFolder, name, journalName);
    const last = followed
      ? await shown(events$, { name, journal, ask, output })
      : await lastValueFrom(events$.pipe(tap(tell(output))), { defaultValue: undefined });
    if (last && onScreen) output.progress(createProgressLines(() => 0)(last) ?? '');
    if (last?.type === 'finished' && !options.json) output.result(last, last.model);
    if (interruption.interrupted) process.exitCode = exitCodes.interrupted;
  } finally {
    interruption.dispose();
  }
}

interface ShownOptions {
  readonly name: string;
  readonly journal: string;
  readonly ask: (command: RunCommand | 'abort') => void;
  readonly output: Output;
}

/** The run on a dashboard, or told, with what its journal knows of earlier sessions; how it ended, if it did. */
async function shown(
  events$: Observable<TrainEvent>,
  { name, journal, ask, output }: ShownOptions,
): Promise<RunView['ended'] | undefined> {
  const known = await lastValueFrom(readJournal(journal).pipe(reduce(withEvent, newRun)));
  const options: DashboardOptions = {
    name,
    events$: events$.pipe(map((event) => ({ ...event, time: Date.now() }))),
    before: { ...known, status: 'opening', ended: null },
    // As the terminal would: the first stops, the second aborts.
    onRequest: (request) => (request === 'interrupt' ? void process.emit('SIGINT', 'SIGINT') : ask(request)),
    colour: colourDepth(process.env) > 1,
    pictures: terminalHints(process.env),
  };
  const { ended } = hasScreenReader()
    ? await spokenRun({ ...options, output })
    : await (await import('../../ui/dashboard/showDashboard.js')).showDashboard(options);
  return ended ?? undefined;
}
