/** Starts processes of ours.ts. */
import { fileURLToPath } from 'node:url';
import { prepared, startWorker, type Worker } from './worker.js';
import type { Workload } from './workload.js';

export interface OurSettings {
  /** @default all processors */
  readonly threads?: number;
  /** Null: the best that the processor has. */
  readonly simd: 'avx2' | null;
  /** Overrides of the configuration. */
  readonly set: readonly string[];
}

/** A process with our engine and a new trainer, ready for its first step. */
export function startOurs(
  { files, batch, epoch }: Workload,
  { threads, simd, set }: OurSettings,
): Promise<Worker> {
  const program = fileURLToPath(new URL('ours.ts', import.meta.url));
  const env = { ...(threads && { NVAE_THREADS: String(threads) }), ...(simd && { NVAE_SIMD: simd }) };
  const worker = startWorker(process.execPath, ['--import', 'tsx', program], env);
  return prepared(worker, { ...files, batch, epoch, overrides: set });
}
