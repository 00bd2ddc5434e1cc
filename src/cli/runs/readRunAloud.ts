/** A run for screen readers: lines that are never redrawn, and responses to typed keys. */
import { stat } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import {
  asyncScheduler,
  EMPTY,
  endWith,
  firstValueFrom,
  ignoreElements,
  merge,
  repeat,
  type SchedulerLike,
  Subject,
  take,
  tap,
} from 'rxjs';
import { longTimer } from '../../streams/flow/longTimer.js';
import { type KeySituation, keysFor } from '../../ui/dashboard/keyTable.js';
import { requestWords } from '../../ui/dashboard/requestWords.js';
import { newRun, type RunView, withEvent, withoutProcess } from '../../ui/dashboard/runView.js';
import { firstScreen, pressed } from '../../ui/dashboard/screenState.js';
import type { DashboardOptions } from '../../ui/dashboard/showDashboard.js';
import { runProgress, words } from '../../ui/dashboard/words.js';
import { inputLines } from '../terminal/inputLines.js';
import type { Output } from '../terminal/output.js';

export interface ReadRunAloudOptions
  extends Pick<DashboardOptions, 'events$' | 'before' | 'gone$' | 'onRequest'> {
  readonly output: Pick<Output, 'progress' | 'warning'>;
  /** Source of keys. @default process.stdin */
  readonly input?: Readable;
  /** Milliseconds between two progress lines. @default 60 000 */
  readonly between?: number;
  /** Scheduler of the progress lines. @default asyncScheduler */
  readonly scheduler?: SchedulerLike;
}

/**
 * The dashboard without a screen: prints a line for each event, progress once a minute, and all facts when enter is pressed. The
 * dashboard's keys work, each followed by enter. Earlier events are not repeated. Ends as `showDashboard` does, but at once if
 * the run has finished or its process is gone.
 *
 * @throws the error of the events
 */
export async function readRunAloud(options: ReadRunAloudOptions): Promise<RunView> {
  const { events$, before = newRun, gone$ = EMPTY, onRequest, output } = options;
  const { input = process.stdin, between = 60_000, scheduler = asyncScheduler } = options;
  const begin = scheduler.now();
  const controls = onRequest !== undefined;
  const left$ = new Subject<null>();
  let [view, screen] = [before, firstScreen];

  const situation = () => ({ ...firstScreen, controls, paused: view.status === 'paused' });
  const become = (next: RunView) => {
    const last = view.log.at(-1);
    const added = next.log.slice(last ? next.log.lastIndexOf(last) + 1 : 0);
    view = next;
    for (const { time, kind, text } of added) {
      if (time < begin) continue;
      if (kind === 'warning') output.warning(text);
      else output.progress(text);
    }
  };
  const tellFacts = async () => {
    const checkpointBytes = await fileSize(view.checkpoint?.path);
    for (const line of words(view, { now: scheduler.now(), checkpointBytes })) output.progress(line);
  };
  const press = async (line: string) => {
    const key = line.trim().toLowerCase();
    if (key === '' && !screen.quitting) return tellFacts();
    const over = view.ended !== null || view.status === 'gone';
    const next = pressed(screen, { input: key }, { controls, paused: view.status === 'paused', over });
    const { quitting, help } = next.screen;
    if (next.request === 'leave') return left$.next(null);
    if (next.request) {
      onRequest?.(next.request);
      output.progress(requestWords[next.request]);
    } else if (quitting) output.progress(question);
    else if (help || !screen.quitting) output.progress(keyWords(situation()));
    else output.progress('cancelled');
    // Of the screen's state, only the open question matters here.
    screen = { ...firstScreen, quitting };
  };

  output.progress(keyWords(situation()));
  const run$ = events$.pipe(
    tap((event) => become(withEvent(view, event))),
    ignoreElements(),
    endWith(null),
  );
  const found$ = gone$.pipe(
    take(1),
    tap(() => become(withoutProcess(view))),
  );
  const beside$ = merge(
    inputLines(input, async () => undefined).pipe(tap((line) => void press(line))),
    longTimer(between, scheduler).pipe(
      repeat(),
      tap(() => output.progress(runProgress(view))),
    ),
  ).pipe(ignoreElements());
  await firstValueFrom(merge(run$, found$, left$, beside$));
  if (!controls) await tellFacts();
  return view;
}

const question = 'press s to save a checkpoint and quit, k to quit without saving, n to cancel';

function keyWords(situation: KeySituation): string {
  const keys = keysFor(situation).filter(({ key, controls }) => controls || key === 'q');
  const named = keys.map(({ key, short }) => `${key} ${short}`).join(', ');
  return `press enter to hear the state of the run; other keys, each followed by enter: ${named}`;
}

async function fileSize(path: string | undefined): Promise<number | null> {
  if (path === undefined) return null;
  return stat(path).then(
    ({ size }) => size,
    () => null,
  );
}
