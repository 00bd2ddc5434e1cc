import { cpus } from 'node:os';
import { hostName } from '../../base/hostName.js';
import { type Processors, processors } from '../../base/processors.js';
import { engineSettings } from '../../engine/settings.js';
import type { ProcessGroup } from '../../group/processGroup.js';
import type { Output } from '../terminal/output.js';
import { ofAllRanks } from './together.js';

/** Divides the processors of a machine among its ranks, unless NVAE_THREADS says how many threads each has. Before an engine is loaded. */
export async function useProcessors(group: ProcessGroup, output: Output): Promise<void> {
  const hosts = await ofAllRanks(group, async () => hostName());
  if (engineSettings().threads !== null) return;
  const neighbours = hosts.filter((host) => host === hosts[group.rank]).length;
  const { threads, warning } = threadsOfRank(neighbours, processors(), cpus().length);
  process.env.NVAE_THREADS = String(threads);
  if (warning !== null) output.warning(warning);
}

/**
 * The threads of each of several ranks on one machine, with a warning if the launcher allows them few of its processors.
 *
 * @param machine number of processors of the machine
 */
export function threadsOfRank(
  neighbours: number,
  { cores, quota }: Pick<Processors, 'cores' | 'quota'>,
  machine: number,
): { readonly threads: number; readonly warning: string | null } {
  const shared = Math.min(machine, quota ?? machine);
  const threads = Math.max(1, Math.min(cores, Math.floor(shared / neighbours)));
  if (2 * cores * neighbours > shared) return { threads, warning: null };
  const bound = `each rank may use ${cores} of the ${machine} processors of its machine`;
  return { threads, warning: `${bound}; to use all, pass --bind-to none to mpirun` };
}
