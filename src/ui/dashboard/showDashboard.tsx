/** The dashboard on a terminal, for a run's events. */
import { stat } from 'node:fs/promises';
import { useEffect, useMemo, useRef, useState } from 'react';
import {
  asyncScheduler,
  EMPTY,
  filter,
  map,
  merge,
  type Observable,
  Subscription,
  tap,
  throttleTime,
} from 'rxjs';
import { messageOf } from '../../base/errors.js';
import type { Journaled } from '../../streams/journal/entry.js';
import type { PreviewEvent } from '../../streams/run/events.js';
import { type FullScreenOptions, fullScreen } from '../fullScreen.js';
import { Dashboard } from './Dashboard.js';
import { requestWords } from './requestWords.js';
import { newRun, type RunView, withEvent, withoutProcess } from './runView.js';
import type { ScreenRequest } from './screenState.js';

/** Options of `showDashboard`. */
export interface DashboardOptions extends FullScreenOptions {
  /** Name of the run. */
  readonly name: string;
  /**
   * Events of a live run or of a journal. Subscribed to once, at the first frame; if they fail, the screen closes with that error.
   * An event without a time is shown with its time of arrival.
   */
  readonly events$: Observable<Journaled & { readonly time?: number }>;
  /** The view so far. @default an empty one */
  readonly before?: RunView;
  /**
   * A second run, whose curves are shown below those of the first: its name and its events, as for the first. If they fail, a
   * message says so. @default none
   */
  readonly compare?: {
    readonly name: string;
    readonly events$: Observable<Journaled & { readonly time?: number }>;
  };
  /** Emits when the run's process has ended. @default never */
  readonly gone$?: Observable<unknown>;
  /** Called with requests to the run; without it the screen only watches. */
  readonly onRequest?: (request: Exclude<ScreenRequest, 'leave'>) => void;
  /** Returns the path of a picture's file. @default the path in its event */
  readonly pathOf?: (preview: PreviewEvent) => string;
  /** Whether to show colours. @default true */
  readonly colour?: boolean;
  /** Seconds until the screen of a finished run closes if no key is pressed. @default 60 */
  readonly patience?: number;
}

/** Milliseconds between two frames; keys are handled at once. */
const refresh = 1000;
/** Milliseconds after which rare events are shown; unlike steps, users wait for them. */
const soon = 100;

/**
 * Shows a run until the screen is closed, and returns its state. A screen that controls the run closes when the run has stopped; a
 * finished run stays visible for a while. A screen that only watches closes when the events complete. Unsubscribes from the events
 * when it closes.
 *
 * @param options the run's events, and the terminal
 * @returns the view when the screen closed
 * @throws the error of the events; ScreenError if the run cannot be shown, which says nothing about the run
 * @example
 * await showDashboard({ name: 'demo', events$: readJournal('runs/demo/events.jsonl', { follow: true }) });
 */
export async function showDashboard(options: DashboardOptions): Promise<RunView> {
  // After an error in React, its effects are not cleaned up.
  const listening = new Subscription();
  try {
    const ended = await fullScreen<Ended>((done) => <Live {...options} {...{ listening, done }} />, options);
    if ('error' in ended) throw ended.error;
    return ended.view;
  } finally {
    listening.unsubscribe();
  }
}

type Ended = { readonly view: RunView } | { readonly error: unknown };

interface LiveProps extends DashboardOptions {
  /** Subscriptions to the run while the screen is open. */
  readonly listening: Subscription;
  readonly done: (ended: Ended) => void;
}

function Live(props: LiveProps) {
  const {
    name,
    events$,
    before = newRun,
    onRequest,
    compare,
    gone$ = EMPTY,
    colour = true,
    patience = 60,
    listening,
    done,
  } = props;
  const pathOf = props.pathOf ?? ((preview: PreviewEvent) => preview.path);
  const [view, setView] = useState(before);
  const [asked, setAsked] = useState<Asked | null>(null);
  const [staying, setStaying] = useState(false);
  const newest = useRef(before);
  const [now, setNow] = useState(() => Date.now());
  const other = useRef(newRun);
  const [otherView, setOtherView] = useState(newRun);
  const [otherProblem, setOtherProblem] = useState('');
  // biome-ignore lint/correctness/useExhaustiveDependencies: the run stays the same while the screen is open
  useEffect(() => {
    const show = () => {
      setView(newest.current);
      setOtherView(other.current);
    };
    const changes$ = merge(
      events$.pipe(
        map((event) => ({ rare: event.type !== 'step', change: withEvent(newest.current, event) })),
      ),
      gone$.pipe(map(() => ({ rare: true, change: withoutProcess(newest.current) }))),
    ).pipe(
      tap(({ change }) => {
        newest.current = change;
      }),
    );
    const frames = setInterval(() => {
      setNow(Date.now());
      show();
    }, refresh);
    const throttled = { leading: true, trailing: true };
    const shown = changes$
      .pipe(
        filter(({ rare }) => rare),
        throttleTime(soon, asyncScheduler, throttled),
      )
      .subscribe({
        next: show,
        error: (error: unknown) => done({ error }),
        complete: () => {
          show();
          if (!onRequest || newest.current.status !== 'finished') done({ view: newest.current });
        },
      });
    shown.add(() => clearInterval(frames));
    shown.add(
      compare?.events$.subscribe({
        next: (event) => {
          other.current = withEvent(other.current, event);
        },
        error: (error: unknown) => setOtherProblem(`${compare.name}: ${messageOf(error)}`),
        complete: show,
      }),
    );
    listening.add(shown);
    return () => shown.unsubscribe();
  }, []);
  const finished = onRequest !== undefined && view.status === 'finished';
  const left = useCountdown(finished && !staying, patience);
  useEffect(() => {
    if (left === 0) done({ view: newest.current });
  }, [left, done]);
  const checkpointBytes = useFileSize(view.checkpoint?.path ?? null, view.checkpoint?.time ?? 0);
  const request = (wish: ScreenRequest) => {
    if (wish === 'leave') return done({ view: newest.current });
    setAsked({ wish, time: Date.now() });
    onRequest?.(wish);
  };
  const message = finished ? finishedWords(view, staying ? null : left) : answer(asked, view) || otherProblem;
  const ending = asked !== null && ['stop', 'abort', 'interrupt'].includes(asked.wish);
  const compared = useMemo(
    () => (compare ? { name: compare.name, view: otherView } : null),
    [compare, otherView],
  );
  return (
    <Dashboard
      {...{ name, view, now, ending, colour, checkpointBytes, message, pathOf }}
      compare={compared}
      controls={onRequest !== undefined}
      onKey={() => setStaying(true)}
      onRequest={request}
    />
  );
}

interface Asked {
  readonly wish: Exclude<ScreenRequest, 'leave'>;
  /** Time in milliseconds since 1970. */
  readonly time: number;
}

function finishedWords({ ended }: RunView, secondsLeft: number | null): string {
  const model = ended?.type === 'finished' ? ended.model : '';
  const until = secondsLeft === null ? '' : ` (closes by itself in ${secondsLeft} s)`;
  return `finished: ${model} · press q to close${until}`;
}

/** The reply to the last request until its effect is visible, or the reason why the run has ended. */
function answer(asked: Asked | null, { status, ended, checkpoint, previews }: RunView): string {
  if (ended?.type === 'failed') return `failed: ${ended.message} · press q to close`;
  if (ended || asked === null) return '';
  const done = (event: { readonly time: number } | null | undefined) => (event?.time ?? 0) >= asked.time;
  const seen = {
    pause: status === 'paused',
    resume: status !== 'paused',
    checkpoint: done(checkpoint),
    sample: done(previews.samples.at(-1)),
    reconstruct: done(previews.reconstruction.at(-1)),
    stop: false,
    interrupt: false,
    abort: false,
  };
  return seen[asked.wish] ? '' : requestWords[asked.wish];
}

/** Seconds left while `running`. */
function useCountdown(running: boolean, seconds: number): number {
  const [left, setLeft] = useState(seconds);
  useEffect(() => {
    if (!running) return;
    const timer = setInterval(() => setLeft((before) => Math.max(0, before - 1)), 1000);
    return () => clearInterval(timer);
  }, [running]);
  return left;
}

/** File size in bytes; read again when `version` changes. */
function useFileSize(path: string | null, version: number): number | null {
  const [size, setSize] = useState<number | null>(null);
  const key = useMemo(() => ({ path, version }), [path, version]);
  useEffect(() => {
    if (key.path === null) return;
    stat(key.path).then(
      (file) => setSize(file.size),
      () => setSize(null),
    );
  }, [key]);
  return size;
}
