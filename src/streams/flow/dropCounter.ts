import { defer, EMPTY, type Observable, of } from 'rxjs';
import { type WarningEvent, warning } from '../run/events.js';

export interface DropCounter {
  /** Adds dropped events. @default 1 */
  add(count?: number): void;
  /** Emits one warning with the number of events dropped since the last warning; nothing if none was dropped. */
  readonly warning$: Observable<WarningEvent>;
}

/** Counts the events that a writer drops because its file is too slow. `source` and `path` name the writer in the warning. */
export function dropCounter(source: string, path: string): DropCounter {
  let dropped = 0;
  return {
    add: (count = 1) => {
      dropped += count;
    },
    warning$: defer(() => {
      const events = dropped === 1 ? '1 event' : `${dropped} events`;
      const message = `${path}: dropped ${events}: writing is too slow`;
      const warning$ = dropped > 0 ? of(warning(source, message)) : EMPTY;
      dropped = 0;
      return warning$;
    }),
  };
}
