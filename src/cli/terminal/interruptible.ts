import type { Observable } from 'rxjs';
import { exitCodes } from '../exitCodes.js';
import { listenForInterruption } from './listenForInterruption.js';
import type { Output } from './output.js';

/**
 * Does work that Ctrl-C and SIGTERM end: `stop$` emits then, at once where it has been pressed already. Whatever the work
 * still does is finished; the exit code says that it was interrupted.
 */
export async function interruptible(
  output: Output,
  work: (stop$: Observable<void>) => Promise<void>,
): Promise<void> {
  const interruption = listenForInterruption(() => output.progress('stopping'));
  try {
    await work(interruption.stop$);
    if (interruption.interrupted) process.exitCode = exitCodes.interrupted;
  } finally {
    interruption.dispose();
  }
}
