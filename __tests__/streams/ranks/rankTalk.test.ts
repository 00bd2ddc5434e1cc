import { describe, expect, test } from '@jest/globals';
import { GroupError } from '../../../src/group/groupError.js';
import { groupMemory } from '../../../src/group/memory/groupMemory.js';
import { memoryGroup } from '../../../src/group/memory/memoryGroup.js';
import type { ProcessGroup } from '../../../src/group/processGroup.js';
import { exchange } from '../../../src/streams/ranks/exchange.js';
import { type RankTalk, rankTalk } from '../../../src/streams/ranks/rankTalk.js';
import { pause } from '../../support/collect.js';

/** Calls a function on each rank, in this thread. */
function onRanks<T>(size: number, use: (group: ProcessGroup) => Promise<T>, timeLimitMs = 5000) {
  const memory = groupMemory(size, { timeLimitMs });
  return Promise.allSettled(Array.from({ length: size }, (_, rank) => use(memoryGroup(memory, rank))));
}

const resultsOf = (settled: readonly PromiseSettledResult<unknown>[]) =>
  settled.map((each) => (each.status === 'fulfilled' ? each.value : String(each.reason)));

/** A talk without news. */
const plainTalk = (group: ProcessGroup): RankTalk =>
  rankTalk<never>(group, { news: () => null, hear: () => undefined, end: () => null });

describe('exchange', () => {
  test('should tell all ranks the texts of all, and the sum of their numbers', async () => {
    const texts = ['', 'Zürich 🏔', 'b'.repeat(100_000)];
    const all = await onRanks(3, (group) => exchange(group, texts[group.rank] as string, 10 ** group.rank));
    expect(resultsOf(all)).toEqual([0, 1, 2].map(() => ({ sum: 111, texts })));
  });

  test('should make one collective call if nobody has a text', async () => {
    const calls: string[] = [];
    const group: ProcessGroup = {
      rank: 1,
      size: 3,
      allReduce: async (values) => void calls.push(`allReduce ${values.length}`),
      allReduceNow: () => void calls.push('allReduceNow'),
      broadcast: async () => void calls.push('broadcast'),
      barrier: async () => undefined,
      abort: () => undefined,
      close: async () => undefined,
    };
    expect(await exchange(group, '', 7)).toEqual({ sum: 7, texts: ['', '', ''] });
    expect(calls).toEqual(['allReduce 4']);
  });
});

describe('the talk of ranks', () => {
  test('should tell each piece of news once, on all ranks in the same order', async () => {
    const all = await onRanks(2, async (group) => {
      const heard: string[] = [];
      const untold = [[`${group.rank}a`], [], [`${group.rank}b`]];
      const talk = rankTalk<string>(group, {
        news: () => untold.shift()?.[0] ?? null,
        hear: (news, rank) => heard.push(`${rank}: ${news}`),
        end: () => null,
      });
      const sums = [await talk.talk(1), await talk.talk(2), await talk.talk()];
      return { heard, sums };
    });
    const expected = { heard: ['0: 0a', '1: 1a', '0: 0b', '1: 1b'], sums: [2, 4, 0] };
    expect(resultsOf(all)).toEqual([expected, expected]);
  });

  test('should return the results of all', async () => {
    const all = await onRanks(3, async (group) => {
      return plainTalk(group).together(async () => {
        await pause(20 * group.rank);
        return { rank: group.rank };
      });
    });
    const expected = [{ rank: 0 }, { rank: 1 }, { rank: 2 }];
    expect(resultsOf(all)).toEqual([expected, expected, expected]);
  });

  test('should give signs of life during long work', async () => {
    const all = await onRanks(
      2,
      (group) => plainTalk(group).together(async () => pause(group.rank === 0 ? 3000 : 0)),
      1500,
    );
    expect(all.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled']);
  });

  test('should end with the error of a rank on it, and with its name and cause on the others', async () => {
    const all = await onRanks(3, async (group) => {
      const talk = plainTalk(group);
      const work = async () => {
        if (group.rank === 2) throw new RangeError('no luck');
      };
      return talk.together(work).finally(() => expect(talk.over).toBe(true));
    });
    expect(resultsOf(all)).toEqual([
      'GroupError: rank 2: no luck',
      'GroupError: rank 2: no luck',
      'RangeError: no luck',
    ]);
  });

  test('should tell of a rank that leaves, or is to fail, in the next call of the others', async () => {
    const all = await onRanks(3, async (group) => {
      const talk = plainTalk(group);
      if (group.rank === 1) return talk.leave(new Error('tired'));
      if (group.rank === 2) talk.fail(new Error('ill'));
      return talk.talk();
    });
    expect(resultsOf(all)).toEqual(['GroupError: rank 1: tired', undefined, 'Error: ill']);
  });

  test('should end on all ranks when they hear that it does', async () => {
    const all = await onRanks(2, async (group) => {
      let heard = false;
      const talk = rankTalk<string>(group, {
        news: () => (group.rank === 1 ? 'enough' : null),
        hear: () => {
          heard = true;
        },
        end: () => (heard ? { error: new GroupError('ended') } : null),
      });
      return talk.talk();
    });
    expect(resultsOf(all)).toEqual(['GroupError: ended', 'GroupError: ended']);
  });
});
