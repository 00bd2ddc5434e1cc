/** Cherry-picking on a terminal. */
import { useEffect, useRef, useState } from 'react';
import { type Observable, Subject } from 'rxjs';
import type { CherryChoice, CherryState } from '../../streams/sampling/cherryState.js';
import { type FullScreenOptions, fullScreen } from '../fullScreen.js';
import { CherryScreen } from './CherryScreen.js';

type Pick = (choices$: Observable<CherryChoice>) => Observable<CherryState>;
type Ended = { readonly last: CherryState | null } | { readonly error: unknown };

/**
 * Shows the states of `pick` (see `cherryPick`), with keys as choices, until it completes. Returns the last state, or null if the
 * user quit. Subscribes once, and unsubscribes when the screen closes.
 *
 * @param pick receives the choices, returns the states
 * @param options the terminal
 * @throws the error of `pick`
 * @example
 * const candidates = (draw: number) => model.sampleImages(9, 0.7, { draw });
 * const last = await showCherry((choices$) => cherryPick(candidates, choices$));
 */
export async function showCherry(
  pick: (choices$: Observable<CherryChoice>) => Observable<CherryState>,
  options: FullScreenOptions = {},
): Promise<CherryState | null> {
  const ended = await fullScreen<Ended>((done) => <Live pick={pick} done={done} />, options);
  if ('error' in ended) throw ended.error;
  return ended.last;
}

function Live({ pick, done }: { readonly pick: Pick; readonly done: (ended: Ended) => void }) {
  const [state, setState] = useState<CherryState | null>(null);
  const [choices] = useState(() => new Subject<CherryChoice>());
  const newest = useRef<CherryState | null>(null);
  // Ignore keys while a batch is being sampled: the user has not seen its images yet.
  const choose = (choice: CherryChoice) => {
    if (!newest.current?.waiting) choices.next(choice);
  };
  // biome-ignore lint/correctness/useExhaustiveDependencies: `pick` stays the same while the screen is open
  useEffect(() => {
    const picking = pick(choices).subscribe({
      next: (next) => {
        newest.current = next;
        setState(next);
      },
      error: (error: unknown) => done({ error }),
      complete: () => done({ last: newest.current }),
    });
    return () => picking.unsubscribe();
  }, []);
  if (!state) return null;
  return (
    <CherryScreen
      state={state}
      newest={() => newest.current ?? state}
      onChoice={choose}
      onLeave={() => done({ last: null })}
    />
  );
}
