/**
 * Measures what the dashboard costs a running training, and how soon it responds to keys meanwhile. One run in a separate process,
 * as in `nvae train`, alternates between showing the dashboard and only counting its events. See dashboard.ts for how to run it.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { filter, firstValueFrom, lastValueFrom, map, share, skip } from 'rxjs';
import { emojiFolder } from '../scripts/emojiFolder.js';
import { loadConfig } from '../src/config/loadConfig.js';
import { trainInProcess } from '../src/streams/process/trainInProcess.js';
import type { StepEvent } from '../src/streams/run/events.js';
import { newRun, type RunView, withEvent } from '../src/ui/dashboard/runView.js';
import { showDashboard } from '../src/ui/dashboard/showDashboard.js';
import { fakeTerminal } from './fakeTerminal.js';
import { median } from './median.js';

export interface TrainingCostOptions {
  readonly config: string;
  /** Overrides of the configuration, as for `nvae train`. */
  readonly set: readonly string[];
  /** Number of pairs with and without the dashboard. */
  readonly pairs: number;
  /** Duration of each half of a pair. */
  readonly seconds: number;
  /** Number of key presses. */
  readonly presses: number;
  readonly columns: number;
  readonly rows: number;
}

export interface TrainingCost {
  readonly config: string;
  /** Median seconds of a step without the dashboard, over all pairs. */
  readonly stepSeconds: number | null;
  /** For each pair: median seconds per step with the dashboard, divided by those without. */
  readonly ratios: readonly number[];
  /** Median share of one core used by the watching process, with the dashboard and without. */
  readonly cores: { readonly shown: number; readonly counting: number } | null;
  /** Time from a key to its effect on the screen, sorted. */
  readonly keyMilliseconds: readonly number[];
}

interface Half {
  /** Median seconds per step. */
  readonly step: number;
  readonly cores: number;
}

/** Minimum number of steps for a meaningful median. */
const fewest = 5;
/** Number of past steps, so that there is a curve to draw. */
const past = 2000;

export async function trainingCost(options: TrainingCostOptions): Promise<TrainingCost> {
  const { pairs, seconds, presses, columns, rows } = options;
  const folder = await mkdtemp(join(tmpdir(), 'nvae-bench-'));
  const overrides = ['training_parameters.epochs_per_checkpoint=1000', ...options.set];
  const config = await loadConfig(options.config, { overrides });
  const abort = new AbortController();
  const events$ = trainInProcess(config, {
    dataset: emojiFolder,
    weightsFolder: folder,
    picturesFolder: folder,
    runsFolder: folder,
    engine: 'native',
    signal: abort.signal,
  }).pipe(
    map((event) => ({ ...event, time: Date.now() })),
    share(),
  );
  const steps$ = events$.pipe(filter((event) => event.type === 'step'));
  let view: RunView = newRun;
  const counting = events$.subscribe((event) => {
    view = withEvent(view, event);
  });
  const step = await firstValueFrom(steps$.pipe(skip(1)));
  for (let i = 1; i <= past; i += 1) view = withEvent(view, { ...step, ...pastStep(i) });

  /** Shows the dashboard while `during` runs. */
  const shown = async <T>(during: (terminal: ReturnType<typeof fakeTerminal>) => Promise<T>): Promise<T> => {
    const terminal = fakeTerminal(columns, rows);
    const ended = showDashboard({ name: config.name, events$, before: view, ...terminal });
    await setTimeout(1000);
    const result = await during(terminal);
    terminal.press('q');
    await ended;
    return result;
  };
  const half = async (): Promise<Half> => {
    const taken: number[] = [];
    const listening = steps$.subscribe(({ seconds, waitSeconds }) => void taken.push(seconds + waitSeconds));
    const [before, begin] = [process.cpuUsage(), performance.now()];
    await setTimeout(seconds * 1000);
    while (taken.length < fewest) await setTimeout(100);
    const { user, system } = process.cpuUsage(before);
    listening.unsubscribe();
    return { step: median(taken), cores: (user + system) / 1000 / (performance.now() - begin) };
  };
  const halves: { readonly shown: Half; readonly counting: Half }[] = [];
  for (let pair = 0; pair < pairs; pair += 1) {
    // Alternate which half comes first, so that a machine that becomes slower or faster favours neither.
    const first = pair % 2 === 0 ? await shown(half) : await half();
    const second = pair % 2 === 0 ? await half() : await shown(half);
    halves.push(pair % 2 === 0 ? { shown: first, counting: second } : { shown: second, counting: first });
  }
  const coresOf = (which: 'shown' | 'counting') => median(halves.map((each) => each[which].cores));
  const keyMilliseconds = presses === 0 ? [] : await shown((terminal) => answers(terminal, presses));
  const ended = lastValueFrom(events$, { defaultValue: null });
  abort.abort();
  await ended;
  counting.unsubscribe();
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  return {
    config: config.name,
    stepSeconds: pairs > 0 ? median(halves.map(({ counting }) => counting.step)) : null,
    ratios: halves.map(({ shown, counting }) => shown.step / counting.step),
    cores: pairs > 0 ? { shown: coresOf('shown'), counting: coresOf('counting') } : null,
    keyMilliseconds,
  };
}

function pastStep(i: number): Partial<StepEvent> {
  return { step: i, imagesSeen: 32 * i, loss: 9000 - i + 500 * Math.sin(i) };
}

/** Milliseconds until the page of keys is on the screen, sorted; another key closes it each time. */
async function answers(terminal: ReturnType<typeof fakeTerminal>, presses: number): Promise<number[]> {
  const times: number[] = [];
  for (let i = 0; i < presses; i += 1) {
    await setTimeout(50 + ((i * 137) % 500));
    const answered = terminal.writes('any key goes back');
    terminal.press('?');
    times.push(await answered);
    terminal.press('x');
  }
  return times.sort((a, b) => a - b);
}
