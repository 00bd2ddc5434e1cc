import { listEngines } from '../../src/engine/index.js';

/** The name of an engine that this machine lacks; null if all work. */
export async function missingEngine(): Promise<string | null> {
  return (await listEngines()).find(({ usable }) => !usable)?.name ?? null;
}
