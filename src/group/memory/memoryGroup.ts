import { threadId } from 'node:worker_threads';
import { checkRoot } from '../checkRoot.js';
import { GroupError } from '../groupError.js';
import type { ProcessGroup } from '../processGroup.js';
import { barrierCall, broadcastCall, sumCall } from './calls.js';
import type { GroupMemory } from './groupMemory.js';
import { Lane } from './lane.js';

/**
 * A rank of a group inside one process: ranks are worker threads, or share a thread, for tests. Ranks of one thread can only use calls
 * that return promises. Each rank must be made once.
 *
 * @param memory as `groupMemory` returns it, posted to the threads of the other ranks
 * @param rank which rank this is, from 0
 * @throws RangeError when the group has no such rank
 * @throws GroupError when the rank was made before
 *
 * @example
 * const { memory, rank } = workerData; // in a worker thread that was started with them
 * await lastValueFrom(train(config, { group: memoryGroup(memory, rank) }));
 */
export function memoryGroup(memory: GroupMemory, rank: number): ProcessGroup {
  const { size, timeLimitMs } = memory;
  if (!Number.isInteger(rank) || rank < 0 || rank >= size)
    throw new RangeError(`memoryGroup: rank must be an integer from 0 to ${size - 1}, got ${rank}`);
  const fail = (reason: string) => {
    for (const { control } of [promised, blocking]) control.fail(reason);
  };
  const promised = new Lane(memory.promised, { rank, size, timeLimitMs, fail });
  const blocking = new Lane(memory.blocking, { rank, size, timeLimitMs, fail });
  if (!promised.control.join(rank, threadId)) throw new GroupError(`memoryGroup: rank ${rank} is taken`);

  const checkThreads = () => {
    for (let other = 0; other < size; other++) {
      if (other === rank || !promised.control.isInThread(other, threadId)) continue;
      throw new GroupError(
        `allReduceNow: rank ${other} is in the same thread as rank ${rank}, which would wait for it forever; use allReduce, or a thread for each rank`,
      );
    }
  };

  return {
    rank,
    size,
    allReduce: async (values) => promised.start(sumCall('allReduce', values)),
    allReduceNow: (values) => {
      checkThreads();
      blocking.run(sumCall('allReduceNow', values));
    },
    broadcast: async (bytes, root) => {
      checkRoot(root, size);
      return promised.start(broadcastCall(bytes, root, rank));
    },
    barrier: async () => promised.start(barrierCall),
    abort: (reason) => fail(`rank ${rank} has ended the job: ${reason}`),
    close: async () => {
      for (const lane of [promised, blocking]) lane.close();
    },
  };
}
