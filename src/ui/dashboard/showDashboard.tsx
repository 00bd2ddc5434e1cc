/** The dashboard on a terminal, for a run's events. */
import { stat } from 'node:fs/promises';
import { useEffect, useMemo, useRef, useState } from 'react';
import { asyncScheduler, EMPTY, filter, map, merge, type Observable, tap, throttleTime } from 'rxjs';
import type { PreviewEvent } from '../../streams/events.js';
import type { JournalEntry } from '../../streams/journal/entry.js';
import { type FullScreenOptions, fullScreen } from '../fullScreen.js';
import { Dashboard } from './Dashboard.js';
import { newRun, type RunView, withEvent, withoutProcess } from './runView.js';
import type { ScreenRequest } from './screenState.js';

export interface DashboardOptions extends FullScreenOptions {
  /** Of the run. */
  readonly name: string;
  /** Subscribed to once; the screen is left when it fails, and with what it fails. */
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
 * @throws what the events fail with
 */
export async function showDashboard(options: DashboardOptions): Promise<RunView> {
  const ended = await fullScreen<Ended>((done) => <Live {...options} done={done} />, options);
  if ('error' in ended) throw ended.error;
  return ended.view;
}

type Ended = { readonly view: RunView } | { readonly error: unknown };

function Live(props: DashboardOptions & { readonly done: (ended: Ended) => void }) {
  const {
    name,
    events$,
    before = newRun,
    onRequest,
    gone$ = EMPTY,
    colour = true,
    patience = 60,
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
    const listening = changes$
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
    listening.add(() => clearInterval(frames));
    return () => listening.unsubscribe();
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
  const message = finished
    ? `finished: ${view.ended && 'model' in view.ended ? view.ended.model : ''} · q closes${staying ? '' : `, or ${left} s without a key`}`
    : view.ended?.type === 'failed'
      ? `failed: ${view.ended.message}`
      : answer(asked, view);
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

/** What is to become of the last request, until it is seen. */
function answer(asked: Asked | null, { status, ended, checkpoint, previews }: RunView): string {
  if (ended || asked === null) return '';
  const done = (event: { readonly time: number } | null | undefined) => (event?.time ?? 0) >= asked.time;
  switch (asked.wish) {
    case 'pause':
      return status === 'paused' ? '' : 'pausing behind this step';
    case 'stop':
    case 'interrupt':
      return 'stopping behind this step, with a checkpoint; Ctrl-C once more to abort without';
    case 'abort':
      return 'ending behind this step, without a checkpoint';
    case 'checkpoint':
      return done(checkpoint) ? '' : 'a checkpoint comes behind this step';
    case 'sample':
      return done(previews.samples.at(-1)) ? '' : 'new images come behind this step';
    case 'reconstruct':
      return done(previews.reconstruction.at(-1)) ? '' : 'reconstructions come behind this step';
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
