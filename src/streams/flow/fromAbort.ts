import { fromEvent, NEVER, type Observable, of, take } from 'rxjs';

/** Emits once when the signal aborts, at once where it already has; never without one. */
export function fromAbort(signal: AbortSignal | undefined): Observable<unknown> {
  if (!signal) return NEVER;
  return signal.aborted ? of(null) : fromEvent(signal, 'abort').pipe(take(1));
}
