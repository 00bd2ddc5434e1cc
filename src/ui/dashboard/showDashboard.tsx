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
import type { JournalEntry } from '../../streams/journal/entry.js';
import type { PreviewEvent } from '../../streams/run/events.js';
import { type FullScreenOptions, fullScreen } from '../fullScreen.js';
import { Dashboard } from './Dashboard.js';
import { newRun, type RunView, withEvent, withoutProcess } from './runView.js';
import type { ScreenRequest } from './screenState.js';

export interface DashboardOptions extends FullScreenOptions {
  /** Of the run. */
  readonly name: string;
  /** Subscribed to once, with the first frame; the screen is left when it fails, and with what it fails. */
  readonly events$: Observable<JournalEntry>;
  /** What is known before. @default nothing */
  readonly before?: RunView;
  /** Emits when the run's process is found to have ended. @default never */
  readonly gone$?: Observable<unknown>;
  /** What is asked of the run; without it the screen only watches. */
  readonly onRequest?: (request: Exclude<ScreenRequest, 'leave'>) => void;
  /** Where the file of a picture is. @default as its event says */
  readonly pathOf?: (preview: PreviewEvent) => string;
  /** Whether colours are shown. @default true */
  readonly colour?: boolean;
  /** Seconds that the screen stays when a run has finished and no key is pressed. @default 60 */
  readonly patience?: number;
}

/** Milliseconds between two frames; keys do not wait for them. */
const refresh = 1000;
/** Milliseconds after which what is no step is shown, since it is rare and people wait for it. */
const soon = 100;

/**
 * Shows a run until the person leaves; gives what is known of it then. A run that this screen controls is left when it
 * has stopped; one that has finished stays for a while. One that only watches is left when the events complete. Unsubscribes from the events when it leaves.
 *
 * @throws what the events fail with; ScreenError where the run cannot be shown, which says nothing of the run
 */
export async function showDashboard(options: DashboardOptions): Promise<RunView> {
  // After an error within React its effects are not undone any more.
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
  /** What listens to the run, for as long as the screen is there. */
  readonly listening: Subscription;
  readonly done: (ended: Ended) => void;
}

function Live(props: LiveProps) {
  const {
    name,
    events$,
    before = newRun,
    onRequest,
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
  // biome-ignore lint/correctness/useExhaustiveDependencies: the run is one, from the first frame to the last
  useEffect(() => {
    const show = () => setView(newest.current);
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
  const message = finished ? finishedWords(view, staying ? null : left) : answer(asked, view);
  const ending = asked !== null && ['stop', 'abort', 'interrupt'].includes(asked.wish);
  return (
    <Dashboard
      {...{ name, view, now, ending, colour, checkpointBytes, message, pathOf }}
      controls={onRequest !== undefined}
      onKey={() => setStaying(true)}
      onRequest={request}
    />
  );
}

interface Asked {
  readonly wish: ScreenRequest;
  /** Milliseconds since 1970. */
  readonly time: number;
}

function finishedWords({ ended }: RunView, secondsLeft: number | null): string {
  const model = ended?.type === 'finished' ? ended.model : '';
  const until = secondsLeft === null ? '' : `, or ${secondsLeft} s without a key`;
  return `finished: ${model} · q closes${until}`;
}

/** What will become of the last request, until it is seen; or why the run is over. */
function answer(asked: Asked | null, { status, ended, checkpoint, previews }: RunView): string {
  if (ended?.type === 'failed') return `failed: ${ended.message} · q closes`;
  if (ended || asked === null) return '';
  const done = (event: { readonly time: number } | null | undefined) => (event?.time ?? 0) >= asked.time;
  switch (asked.wish) {
    case 'pause':
      return status === 'paused' ? '' : 'will pause after this step';
    case 'stop':
    case 'interrupt':
      return 'will save a checkpoint after this step and quit; Ctrl-C again quits without saving';
    case 'abort':
      return 'will quit after this step, without saving';
    case 'checkpoint':
      return done(checkpoint) ? '' : 'will write a checkpoint after this step';
    case 'sample':
      return done(previews.samples.at(-1)) ? '' : 'will write samples after this step';
    case 'reconstruct':
      return done(previews.reconstruction.at(-1)) ? '' : 'will write reconstructions after this step';
    default:
      return '';
  }
}

/** Seconds that are left while it runs. */
function useCountdown(running: boolean, seconds: number): number {
  const [left, setLeft] = useState(seconds);
  useEffect(() => {
    if (!running) return;
    const timer = setInterval(() => setLeft((before) => Math.max(0, before - 1)), 1000);
    return () => clearInterval(timer);
  }, [running]);
  return left;
}

/** In bytes; looked at anew when `version` changes. */
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
