import { concat, defer, from, map, merge, NEVER, type Observable, ReplaySubject, Subject } from 'rxjs';
import type { RunCommand } from '../run/runCommand.js';

export interface CommandSources {
  readonly stop$?: Observable<unknown>;
  readonly commands$?: Observable<RunCommand>;
}

/** Passes commands to the running process, or to the next one if none is running. */
export function listenForCommands({ commands$ = NEVER, stop$ = NEVER }: CommandSources) {
  const told = new Subject<RunCommand>();
  const stop = new ReplaySubject<void>(1);
  const untold: RunCommand[] = [];
  let [paused, stopping] = [false, false];
  const obey = (command: RunCommand) => {
    if (command === 'pause' || command === 'resume') paused = command === 'pause';
    if (command === 'stop') {
      stopping = true;
      stop.next();
    }
    if (told.observed) told.next(command);
    else untold.push(command);
  };
  const listening = merge(commands$, stop$.pipe(map((): RunCommand => 'stop'))).subscribe({
    next: obey,
    error: (error) => told.error(error),
  });
  let first = true;
  return {
    stop$: stop.asObservable(),
    stopping: () => stopping,
    /** Commands for each process in turn; a later process starts paused if the one before it was paused. */
    forProcess$: defer(() => {
      const before: RunCommand[] = paused && !first ? ['pause'] : [];
      first = false;
      return concat(from([...before, ...untold.splice(0)]), told);
    }),
    release: () => listening.unsubscribe(),
  };
}
