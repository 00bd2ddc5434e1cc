/** `nvae train`: runs a training with a dashboard, plain progress lines or JSON events. */
import { join } from 'node:path';
import { catchError, lastValueFrom, map, merge, type Observable, of, reduce, Subject, tap } from 'rxjs';
import { messageOf } from '../../base/errors.js';
import { loadConfig } from '../../config/loadConfig.js';
import type { DatasetPath } from '../../data/datasetPath.js';
import type { ProcessGroup } from '../../group/processGroup.js';
import { journalName } from '../../streams/journal/entry.js';
import { readJournal } from '../../streams/journal/readJournal.js';
import { trainInProcess } from '../../streams/process/trainInProcess.js';
import type { TrainEvent } from '../../streams/run/events.js';
import type { RunCommand } from '../../streams/run/runCommand.js';
import { newRun, type RunView, withEvent } from '../../ui/dashboard/runView.js';
import type { DashboardOptions } from '../../ui/dashboard/showDashboard.js';
import { colourDepth } from '../../ui/pictures/colourDepth.js';
import { terminalHints } from '../../ui/pictures/terminalHints.js';
import { loadScreen, type ScreenError } from '../../ui/screenError.js';
import type { CommonOptions } from '../commands/commonOptions.js';
import { exitCodes } from '../exitCodes.js';
import { inGroup } from '../ranks/inGroup.js';
import { together } from '../ranks/together.js';
import { createEventLines } from '../runs/eventLines.js';
import { readRunAloud } from '../runs/readRunAloud.js';
import { runOnScreen } from '../runs/runOnScreen.js';
import { datasetPaths } from '../sampling/datasetPaths.js';
import { findModel } from '../sampling/findModel.js';
import { keepStandardInputList, standardInput } from '../sampling/standardInputList.js';
import { listenForInterruption } from '../terminal/listenForInterruption.js';
import { createOutput, hasScreenReader, isInteractive, type Output } from '../terminal/output.js';

interface TrainCommandOptions extends CommonOptions {
  readonly name?: string;
  readonly dataset?: readonly string[];
  readonly folder: string;
  readonly set: readonly string[];
  readonly seconds?: number;
  readonly takeOver?: boolean;
  readonly initFrom?: string;
  readonly initPartial?: boolean;
  readonly dashboard: boolean;
}

function eventPrinter(output: Output): (event: TrainEvent) => void {
  const line = createEventLines(() => performance.now());
  return (event) => {
    output.event(event);
    if (event.type === 'warning') output.warning(event.message);
    // If it is not restarted, the run fails with an error that has the same message.
    if (event.type === 'crash' && event.restartSeconds !== null) output.warning(event.message);
    const text = line(event);
    if (text !== undefined) output.progress(text);
  };
}

export function runTraining(architecture: string, options: TrainCommandOptions): Promise<void> {
  return inGroup((group) => trained(architecture, options, group));
}

async function trained(
  architecture: string,
  options: TrainCommandOptions,
  group: ProcessGroup | null,
): Promise<void> {
  const output = createOutput(options);
  const followed = options.dashboard && isInteractive(options) && group === null;
  let onScreen = followed && !hasScreenReader();
  const { config, name, runsFolder, ...settings } = await together(group, () =>
    settingsOf(architecture, options, group, output),
  );
  const interruption = listenForInterruption(() => {
    if (!onScreen) output.progress('stopping after this step; Ctrl-C again aborts without a checkpoint');
  });
  const asked$ = new Subject<RunCommand>();
  const abort = new AbortController();
  try {
    const controlled = {
      ...settings,
      name,
      runsFolder,
      stop$: interruption.stop$,
      commands$: merge(interruption.checkpoint$.pipe(map((): RunCommand => 'checkpoint')), asked$),
      signal: AbortSignal.any([interruption.signal, abort.signal]),
    };
    const events$ = group
      ? (await import('../ranks/trainInGroup.js')).trainInGroup(config, controlled, group, output)
      : trainInProcess(config, controlled);
    const ask = (command: RunCommand | 'abort') =>
      command === 'abort' ? abort.abort() : asked$.next(command);
    const known = { name, journal: join(runsFolder, name, journalName), output };
    const screen = followed ? await dashboardOptions(known, ask) : null;
    const onFailure = ({ message }: ScreenError) => {
      onScreen = false;
      output.warning(`dashboard: ${message}; the run continues, and progress is printed as lines`);
    };
    const show = (events$: Observable<TrainEvent>) => showRun(events$, screen ?? known, output);
    const last = screen
      ? await runOnScreen(events$, { screen: show, onFailure, report: eventPrinter(output) })
      : await lastValueFrom(events$.pipe(tap(eventPrinter(output))), { defaultValue: undefined });
    if (last && onScreen) output.progress(createEventLines(() => 0)(last) ?? '');
    if (last?.type === 'finished' && !options.json) output.result(last, last.model);
    // A signal to one rank stops all.
    const isStopped = group !== null && last?.type === 'stopped' && last.reason === 'stop';
    if (interruption.interrupted || isStopped) process.exitCode = exitCodes.interrupted;
  } finally {
    interruption.dispose();
  }
}

/** What the options mean, checked before anything is started. */
async function settingsOf(
  architecture: string,
  options: TrainCommandOptions,
  group: ProcessGroup | null,
  output: Output,
) {
  const config = await loadConfig(architecture, { overrides: options.set });
  const { name = config.name, initFrom, initPartial } = options;
  const reads = initFrom !== undefined && (group?.rank ?? 0) === 0; // the others get what rank 0 has read
  const model = reads ? await findModel(initFrom, options.folder, output) : null;
  const runsFolder = join(options.folder, 'runs');
  const dataset = await datasetsOf(options.dataset, join(runsFolder, name), group, output);
  return {
    config,
    name,
    engine: options.engine,
    dataset,
    weightsFolder: join(options.folder, 'saved_weights'),
    picturesFolder: join(options.folder, 'images'),
    runsFolder,
    takeOver: options.takeOver === true,
    ...(model !== null && { initFrom: model, initPartial: initPartial === true }),
    ...(options.seed !== undefined && { seed: options.seed }),
    ...(options.seconds !== undefined && { seconds: options.seconds }),
  };
}

/** The paths of the datasets; a list on standard input is kept in the folder of the run. */
async function datasetsOf(
  given: readonly string[] = ['dataset'],
  folder: string,
  group: ProcessGroup | null,
  output: Output,
): Promise<readonly DatasetPath[]> {
  const paths = await datasetPaths(given);
  if (paths.filter(({ path }) => path === standardInput).length > 1) {
    throw new Error('--dataset: standard input can be one dataset only; put its lists into one');
  }
  const isPiped = paths.some(({ path }) => path === standardInput);
  if (isPiped && group)
    throw new Error('--dataset: standard input reaches rank 0 only; pass its list as a file');
  const kept = isPiped ? await keepStandardInputList(folder) : '';
  if (isPiped) output.progress(`list of standard input: ${kept}`);
  return paths.map((part) => (part.path === standardInput ? { ...part, path: kept } : part));
}

interface Known {
  readonly name: string;
  readonly journal: string;
  readonly output: Output;
}

/** Initial options of the dashboard: earlier sessions from the journal, and the effects of keys. */
async function dashboardOptions(
  { name, journal, output }: Known,
  ask: (command: RunCommand | 'abort') => void,
): Promise<Omit<DashboardOptions, 'events$'>> {
  const known$ = readJournal(journal).pipe(
    reduce(withEvent, newRun),
    catchError((error: unknown) => {
      output.warning(`${journal}: ${messageOf(error)}; the dashboard starts without the history of the run`);
      return of(newRun);
    }),
  );
  return {
    name,
    before: { ...(await lastValueFrom(known$)), status: 'opening', ended: null },
    // Like Ctrl-C: the first stops, the second aborts.
    onRequest: (request) => (request === 'interrupt' ? void process.emit('SIGINT', 'SIGINT') : ask(request)),
    colour: colourDepth(process.env) > 1,
    pictures: terminalHints(process.env),
  };
}

/** Shows the run on a dashboard, or as lines for screen readers. */
async function showRun(
  events$: Observable<TrainEvent>,
  screen: Omit<DashboardOptions, 'events$'>,
  output: Output,
): Promise<RunView> {
  const options = { ...screen, events$: events$.pipe(map((event) => ({ ...event, time: Date.now() }))) };
  if (hasScreenReader()) return readRunAloud({ ...options, output });
  const { showDashboard } = await loadScreen(() => import('../../ui/dashboard/showDashboard.js'));
  return showDashboard(options);
}
