import { setTimeout as sleep } from 'node:timers/promises';
import { launchedGroup } from '../../group/mpi/launchedGroup.js';
import type { ProcessGroup } from '../../group/processGroup.js';

/** Milliseconds for which other ranks let rank 0 say what is wrong. */
const headStart = 1000;

/**
 * Runs a command on the ranks that a launcher such as mpirun has started; null: this process is on its own. A launcher ends all ranks as
 * soon as one of them ends with an error, so all wait until rank 0 has written its last file.
 * @throws GroupError when the processes cannot work together, and whatever the command throws
 */
export async function inGroup(command: (group: ProcessGroup | null) => Promise<void>): Promise<void> {
  const group = await launchedGroup();
  if (group === null) return command(null);
  // After an error of the group itself, there is nobody to wait for.
  const leave = async () => {
    await group.barrier().catch(() => undefined);
    await group.close().catch(() => undefined);
  };
  try {
    await command(group);
  } catch (error) {
    await leave();
    if (group.rank !== 0) await sleep(headStart);
    throw error;
  }
  await leave();
}
