import { basename } from 'node:path';
import { CheckpointError } from '../checkpointError.js';
import type { Holder } from './holder.js';

/** Another process, or another stream of this process, is writing the same run. */
export class RunInUseError extends CheckpointError {
  /** Id of the other process; null if its lock cannot be read. */
  readonly pid: number | null;

  /** @param silentSeconds seconds since its last sign of life; null if the process is known to be alive
   * @internal */
  constructor(file: string, holder: Holder | null, silentSeconds: number | null) {
    const sign = silentSeconds === null ? '' : ` (last sign of life ${Math.round(silentSeconds)} s ago)`;
    const remedy =
      'wait for it or stop it, train under another name or folder, or pass --take-over if it is dead';
    super(file, `run "${runOf(file)}" is in use by ${described(holder)}${sign}; ${remedy}`);
    this.name = 'RunInUseError';
    this.pid = holder?.pid ?? null;
  }
}

/** Another process has taken the run over, while this one was suspended or because a user requested it. */
export class RunTakenOverError extends CheckpointError {
  /** Id of the other process; null if only the lock is known to be gone. */
  readonly pid: number | null;

  /** @internal */
  constructor(file: string, holder: Holder | null) {
    const what = holder
      ? `was taken over by ${described(holder)}; this process was suspended or considered dead, and`
      : 'lost its lock while this process was suspended, so another process may have changed it; this process';
    super(file, `run "${runOf(file)}" ${what} writes nothing more`);
    this.name = 'RunTakenOverError';
    this.pid = holder?.pid ?? null;
  }
}

export function described(holder: Holder | null): string {
  if (!holder) return 'a process whose lock cannot be read';
  const { pid, host, since } = holder;
  return `process ${pid} on ${host} since ${since}`;
}

function runOf(file: string): string {
  return basename(file).replace(/\.lock$/, '');
}
