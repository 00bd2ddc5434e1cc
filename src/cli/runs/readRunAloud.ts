/** A run for people who listen to a screen reader: lines that stay as they are, and answers to what is typed. */
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
import { newRun, type RunView, withEvent, withoutProcess } from '../../ui/dashboard/runView.js';
import { firstScreen, pressed } from '../../ui/dashboard/screenState.js';
import type { DashboardOptions } from '../../ui/dashboard/showDashboard.js';
import { runProgress, words } from '../../ui/dashboard/words.js';
import { inputLines } from '../terminal/inputLines.js';
import type { Output } from '../terminal/output.js';

export interface ReadRunAloudOptions
  extends Pick<DashboardOptions, 'events$' | 'before' | 'gone$' | 'onRequest'> {
  readonly output: Pick<Output, 'progress' | 'warning'>;
  /** @default process.stdin */
  readonly input?: Readable;
  /** Milliseconds between two lines that tell how far it is. @default 60 000 */
  readonly between?: number;
  /** @default asyncScheduler */
  readonly scheduler?: SchedulerLike;
}

/**
 * The dashboard without a screen: what happens is told in a line when it does, how far the run is once a minute, and all
 * facts when enter is pressed. The dashboard's keys do the same here, each followed by enter. What was before is not told
 * again. Ends as `showDashboard`, but at once where the run has finished or its process is gone.
 *
 * @throws what the events fail with
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
    const told = next.log.slice(last ? next.log.lastIndexOf(last) + 1 : 0);
    view = next;
    for (const { time, kind, text } of told) {
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
      output.progress(`${next.request}: after this step`);
    } else if (quitting) output.progress(question);
    else if (help || !screen.quitting) output.progress(keyWords(situation()));
    else output.progress('cancelled');
    // Of what a screen shows nothing is kept but the question that is asked.
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

const question = 's saves a checkpoint after this step and quits, k quits without saving, n cancels';

function keyWords(situation: KeySituation): string {
  const keys = keysFor(situation).filter(({ key, controls }) => controls || key === 'q');
  const named = keys.map(({ key, short }) => `${key} ${short}`).join(', ');
  return `enter tells how the run is; keys, each followed by enter: ${named}`;
}

async function fileSize(path: string | undefined): Promise<number | null> {
  if (path === undefined) return null;
  return stat(path).then(
    ({ size }) => size,
    () => null,
  );
}
