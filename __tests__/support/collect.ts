import { lastValueFrom, type Observable, toArray } from 'rxjs';

/** All values of a stream that completes. */
export function collect<T>(stream: Observable<T>): Promise<T[]> {
  return lastValueFrom(stream.pipe(toArray()));
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
