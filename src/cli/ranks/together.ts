import type { ProcessGroup } from '../../group/processGroup.js';
import { type RankTalk, rankTalk } from '../../streams/ranks/rankTalk.js';

/**
 * Does what every rank must do before the work that they share, and returns the result of this rank once all have done it.
 * @throws the error of this rank, or GroupError with the name of another rank and its error
 */
export async function together<T>(group: ProcessGroup | null, work: () => Promise<T>): Promise<T> {
  const mine = work();
  await ofAllRanks(group, async () => void (await mine));
  return mine;
}

/** What all ranks return, in their order. @throws as `together` */
export async function ofAllRanks<T>(
  group: ProcessGroup | null,
  work: () => Promise<T>,
): Promise<readonly T[]> {
  return group ? commandTalk(group).together(work) : [await work()];
}

/** A talk of ranks that have no news. */
function commandTalk(group: ProcessGroup): RankTalk {
  return rankTalk<never>(group, { news: () => null, hear: () => undefined, end: () => null });
}
