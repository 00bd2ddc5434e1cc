import { listEngines } from '../../src/engine/index.js';

/** An engine that this machine lacks, to be asked for; there is none where all work. */
export async function missingEngine(): Promise<string | null> {
  return (await listEngines()).find(({ usable }) => !usable)?.name ?? null;
}
