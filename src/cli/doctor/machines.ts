/** Whether one training can use several machines, for `nvae doctor`. */
import { loadMpi } from '../../group/mpi/loadMpi.js';

export type Machines =
  | { readonly usable: true; readonly library: string }
  | { readonly usable: false; readonly reason: string; readonly howToGet: string };

export function machines(): Machines {
  const loaded = loadMpi();
  if (!loaded.addon) return { usable: false, reason: loaded.reason, howToGet: loaded.howToGet };
  return { usable: true, library: libraryName(loaded.addon.library()) };
}

export function machinesLines(machines: Machines): string[] {
  if (machines.usable) return [`several machines: ${machines.library}`];
  return [
    'several machines: not usable',
    `    why: ${machines.reason}`,
    `    how to get it: ${machines.howToGet}`,
  ];
}

/** MPIs describe themselves at length; name and version come first. */
function libraryName(text: string): string {
  return text.split(/[,\n]/)[0]?.replace(/\s+/g, ' ').trim() ?? '';
}
