/** Handles Ctrl-C and SIGTERM while no command listens for them. Imports nothing that is slow to load. */
import { exitCodes } from '../exitCodes.js';

export const exitSignals = ['SIGINT', 'SIGTERM'] as const;

/** From now on these signals end the process with the matching exit code. */
export function exitAtInterruption(): void {
  for (const name of exitSignals) process.on(name, exitInterrupted);
}

export function exitInterrupted(): void {
  process.exit(exitCodes.interrupted);
}
