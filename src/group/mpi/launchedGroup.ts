import { setTimeout as sleep } from 'node:timers/promises';
import { GroupError } from '../groupError.js';
import type { ProcessGroup } from '../processGroup.js';
import { type Launcher, launcherOf } from './launcher.js';
import { loadMpi } from './loadMpi.js';
import { type MpiGroupOptions, mpiGroup } from './mpiGroup.js';

/** A launcher ends all ranks when one fails. The others wait so long, so that rank 0 can say why. */
const headStartMs = 2000;

/**
 * The group of the processes that a launcher such as mpirun has started together with this one; null if it was started alone.
 * An error is for rank 0 to show; other ranks get it later.
 *
 * @param options how long ranks wait for each other
 * @throws GroupError when they cannot become a group: each would do the whole work
 *
 * @example
 * const group = await launchedGroup(); // mpirun -n 4 node train.js
 * await lastValueFrom(train(config, group ? { group } : {}));
 * await group?.close();
 */
export async function launchedGroup(options: MpiGroupOptions = {}): Promise<ProcessGroup | null> {
  const launcher = launcherOf();
  if (!launcher) return null;
  try {
    return await groupOf(launcher, options);
  } catch (error) {
    if (launcher.rank !== 0) await sleep(headStartMs);
    throw error;
  }
}

async function groupOf({ name, size, problem }: Launcher, options: MpiGroupOptions): Promise<ProcessGroup> {
  const loaded = loadMpi();
  const started = `${name} has started ${size} processes, which cannot work together`;
  if (!loaded.addon) throw new GroupError(`${started}: ${loaded.reason}; ${loaded.howToGet}`);
  if (problem) throw new GroupError(`${started}: ${problem}`);
  const group = await mpiGroup(options);
  if (group.size === size) return group;
  const count = group.size === 1 ? 'only this one' : `${group.size} of them`;
  throw new GroupError(
    `${started}: the MPI that the addon was built with (${loaded.addon.library().split(',')[0]}) sees ${count}; start them with that MPI's mpirun, or with an srun that supports it (srun --mpi=pmix)`,
  );
}
