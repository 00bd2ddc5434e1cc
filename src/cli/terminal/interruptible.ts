import type { Observable } from 'rxjs';
import { exitCodes } from '../exitCodes.js';
import { listenForInterruption } from './listenForInterruption.js';
import type { Output } from './output.js';

/**
 * Runs work that Ctrl-C and SIGTERM stop: `stop$` then emits, or at once if the signal came earlier. The work may still finish what
 * it is doing; the exit code says that it was interrupted.
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
