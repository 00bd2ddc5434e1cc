import { writeSync } from 'node:fs';
import { messageOf } from '../../base/errors.js';
import { checkRoot } from '../checkRoot.js';
import { GroupError } from '../groupError.js';
import type { ProcessGroup } from '../processGroup.js';
import { timeLimitOf } from '../timeLimit.js';
import { loadMpi } from './loadMpi.js';

/** Options of `launchedGroup`. */
export interface MpiGroupOptions {
  /** How long a rank waits for the others in one call. @default NVAE_GROUP_TIMEOUT in seconds, or ten minutes */
  readonly timeLimitMs?: number;
}

/** MPI counts elements in 31 bits. */
const mostElements = 2 ** 31 - 1;
const pieceBytes = 2 ** 30;

/**
 * The ranks of an MPI job, such as those that mpirun has started. A process can make this group once.
 * Sums are MPI's: in the precision of the array, in an order that depends on the number of ranks and the length.
 * If a program does not end within ten seconds after a call has failed, the job is ended for it on all ranks.
 * @throws GroupError when there is no addon, or MPI cannot be used
 */
export async function mpiGroup({ timeLimitMs = timeLimitOf() }: MpiGroupOptions = {}): Promise<ProcessGroup> {
  const loaded = loadMpi();
  if (!loaded.addon) throw new GroupError(`${loaded.reason}; ${loaded.howToGet}`);
  const { addon } = loaded;
  const { rank, size } = await addon.open(timeLimitMs / 1000).catch(fail);
  let closed: Promise<void> | undefined;

  const checkOpen = () => {
    if (closed) throw new GroupError(`rank ${rank} has left the group`);
  };

  return {
    rank,
    size,
    allReduce: async (values) => {
      checkOpen();
      checkLength('allReduce', values.length);
      await addon.sum(values).catch(fail);
    },
    allReduceNow: (values) => {
      checkOpen();
      checkLength('allReduceNow', values.length);
      try {
        addon.sumNow(values);
      } catch (error) {
        fail(error);
      }
    },
    broadcast: async (bytes, root) => {
      checkOpen();
      checkRoot(root, size);
      const pieces: Promise<void>[] = [];
      for (let from = 0; from === 0 || from < bytes.length; from += pieceBytes)
        pieces.push(addon.broadcast(bytes.subarray(from, from + pieceBytes), root));
      await Promise.all(pieces).catch(fail);
    },
    barrier: async () => {
      checkOpen();
      await addon.barrier().catch(fail);
    },
    abort: (reason) => {
      writeSync(2, `rx-nvae: rank ${rank} has ended the job: ${reason}\n`);
      addon.abort();
    },
    close: () => {
      // The barrier has a time limit, which MPI's own end has not.
      closed ??= addon
        .barrier()
        .then(() => addon.finalize())
        .catch(fail);
      return closed;
    },
  };
}

function fail(error: unknown): never {
  throw new GroupError(`MPI: ${messageOf(error)}`);
}

function checkLength(where: string, length: number): void {
  if (length > mostElements) throw new RangeError(`${where}: at most ${mostElements} values, got ${length}`);
}
