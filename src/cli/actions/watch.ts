/** `nvae watch`: shows a run from its journal, on a dashboard, as lines or as JSON. */
import { existsSync } from 'node:fs';
import { access, readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import {
  concatMap,
  delay,
  distinctUntilChanged,
  filter,
  lastValueFrom,
  type Observable,
  share,
  takeUntil,
  tap,
  timer,
} from 'rxjs';
import { checkpointExists } from '../../checkpoint/checkpointExists.js';
import { watchLock } from '../../checkpoint/lock/watchLock.js';
import { type JournalEntry, journalName } from '../../streams/journal/entry.js';
import { readJournal } from '../../streams/journal/readJournal.js';
import type { PreviewEvent } from '../../streams/run/events.js';
import { resumeWords } from '../../streams/run/resumeWords.js';
import type { DashboardOptions } from '../../ui/dashboard/showDashboard.js';
import { colourDepth } from '../../ui/pictures/colourDepth.js';
import { terminalHints } from '../../ui/pictures/terminalHints.js';
import { loadScreen, ScreenError } from '../../ui/screenError.js';
import type { CommonOptions } from '../commands/commonOptions.js';
import { exitCodes } from '../exitCodes.js';
import { createEventLines } from '../runs/eventLines.js';
import { noSuchRun } from '../runs/noSuchRun.js';
import { readRunAloud } from '../runs/readRunAloud.js';
import { listenForInterruption } from '../terminal/listenForInterruption.js';
import { createOutput, hasScreenReader, isInteractive, type Output } from '../terminal/output.js';

interface WatchOptions extends CommonOptions {
  readonly folder: string;
  readonly compare?: string;
}

/** Milliseconds that a restarted process may take to get the lock. */
const restartPatience = 60_000;
/** Milliseconds between two checks of whether the run's process is alive. */
const lookEvery = 1000;
/** Milliseconds to wait for the last lines of a process that has ended. */
const lastLines = 600;

export async function watchRun(name: string, options: WatchOptions): Promise<void> {
  const output = createOutput(options);
  const { folder, compare: other } = options;
  const path = await journalOf(name, join(folder, 'runs'));
  const onDashboard = isInteractive(options) && !hasScreenReader();
  if (other === name) throw new Error(`--compare: ${name} is the run itself; name another`);
  if (other !== undefined && !onDashboard) throw new Error(needsDashboard(name, other));
  const compare = other === undefined ? null : await comparedRun(other, folder);
  const lock = join(folder, 'saved_weights', `${name}.lock`);
  const interruption = listenForInterruption(() => undefined);
  const isHeld = watchLock(lock);
  let newest: JournalEntry | null = null;
  const gone$ = timer(0, lookEvery).pipe(
    concatMap(async () => restarts(newest) || (await isHeld())),
    distinctUntilChanged(),
    filter((held) => !held),
    delay(lastLines),
    takeUntil(interruption.stop$),
    share(),
  );
  const entries$ = readJournal(path, { follow: true }).pipe(
    tap((entry) => {
      newest = entry;
    }),
    takeUntil(interruption.stop$),
  );
  try {
    if (!isInteractive(options)) {
      const ended = await asLines(entries$.pipe(takeUntil(gone$)), output);
      if (!ended && !interruption.interrupted)
        output.warning(await goneWords(join(folder, 'saved_weights', `${name}.checkpoint`)));
    } else if (hasScreenReader()) await readRunAloud({ events$: entries$, gone$, output });
    else await onScreen(entries$, gone$, { name, folder, output, compare });
    if (interruption.interrupted) process.exitCode = exitCodes.interrupted;
  } finally {
    interruption.dispose();
  }
}

async function goneWords(checkpoint: string): Promise<string> {
  return `the run's process is gone and reported no result; ${resumeWords(await checkpointExists(checkpoint))}`;
}

/** Whether the run's process has crashed and is about to be restarted; meanwhile no process holds the lock. */
function restarts(newest: JournalEntry | null): boolean {
  if (newest?.type !== 'crash' || newest.restartSeconds === null) return false;
  return Date.now() < newest.time + newest.restartSeconds * 1000 + restartPatience;
}

interface Watched {
  readonly name: string;
  readonly folder: string;
  readonly output: Output;
  readonly compare: ComparedEvents | null;
}

type ComparedEvents = NonNullable<DashboardOptions['compare']>;

/** The events of another run: those in its journal, and later ones if its process is alive. */
async function comparedRun(name: string, folder: string): Promise<ComparedEvents> {
  const path = await journalOf(name, join(folder, 'runs'));
  const follow = await watchLock(join(folder, 'saved_weights', `${name}.lock`))();
  return { name, events$: readJournal(path, { follow }) };
}

function needsDashboard(name: string, other: string): string {
  const remedy = `nvae runs ${name} ${other} compares their numbers`;
  return `--compare: draws a curve on the dashboard, which is not shown here; ${remedy}`;
}

/** Shows the dashboard until it is closed; if it fails, prints lines until the run has ended. */
async function onScreen(
  events$: Observable<JournalEntry>,
  gone$: Observable<unknown>,
  { name, folder, output, compare }: Watched,
): Promise<void> {
  const pathOf = ({ path: saved }: PreviewEvent) =>
    existsSync(saved) ? saved : join(folder, 'images', name, basename(saved));
  const colour = colourDepth(process.env) > 1;
  const pictures = terminalHints(process.env);
  try {
    const { showDashboard } = await loadScreen(() => import('../../ui/dashboard/showDashboard.js'));
    await showDashboard({ name, events$, gone$, pathOf, colour, pictures, ...(compare && { compare }) });
  } catch (error) {
    if (!(error instanceof ScreenError)) throw error;
    output.warning(`dashboard: ${error.message}; progress is printed as lines`);
    const since = Date.now();
    const isNew = ({ time, type }: JournalEntry) => time >= since || !frequent.includes(type);
    await asLines(events$.pipe(filter(isNew), takeUntil(gone$)), output);
  }
}

/** Frequent events that are not worth repeating afterwards. */
const frequent: readonly string[] = [
  'step',
  'epoch',
  'validation',
  'checkpoint',
  'preview',
  'paused',
  'resumed',
  'warning',
];

/** Prints the entries; returns whether the run reported its end. */
async function asLines(entries$: Observable<JournalEntry>, output: Output): Promise<boolean> {
  let [time, ended] = [0, false];
  // Use the time of the events as the clock, so that old events are printed as they were at the time.
  const line = createEventLines(() => time);
  const printed$ = entries$.pipe(
    tap((entry) => {
      time = entry.time;
      ended = ['finished', 'stopped', 'failed'].includes(entry.type);
      output.event(entry);
      if (entry.type === 'warning') output.warning(String(entry.message));
      if (entry.type === 'crash' && entry.restartSeconds !== null) output.warning(entry.message);
      if (entry.type === 'failed') output.warning(`the run failed: ${entry.message}`);
      const text = line(entry);
      if (text !== undefined) output.progress(text);
    }),
  );
  await lastValueFrom(printed$, { defaultValue: null });
  return ended;
}

/** @throws Error if there is no run with this name */
async function journalOf(name: string, runs: string): Promise<string> {
  const path = join(runs, name, journalName);
  const found = await access(path).then(
    () => true,
    () => false,
  );
  if (found) return path;
  const entries = await readdir(runs).catch(() => []);
  const names = entries.filter((run) => existsSync(join(runs, run, journalName)));
  throw noSuchRun(name, names, runs);
}
