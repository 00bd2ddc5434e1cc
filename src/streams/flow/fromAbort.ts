import { fromEvent, NEVER, type Observable, of, take } from 'rxjs';

/** Emits once when the signal aborts, or at once if it has aborted already. Never emits if there is no signal. */
export function fromAbort(signal: AbortSignal | undefined): Observable<unknown> {
  if (!signal) return NEVER;
  return signal.aborted ? of(null) : fromEvent(signal, 'abort').pipe(take(1));
}
