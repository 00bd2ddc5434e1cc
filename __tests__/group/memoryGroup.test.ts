import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { GroupError } from '../../src/group/groupError.js';
import { type GroupMemoryOptions, groupMemory, pieceBytes } from '../../src/group/memory/groupMemory.js';
import { memoryGroup } from '../../src/group/memory/memoryGroup.js';
import type { ProcessGroup } from '../../src/group/processGroup.js';
import { rankOutcomes, runRanks } from '../support/ranks/runRanks.js';

/** All ranks of a group, in this thread. */
function ranksHere(size: number, options: GroupMemoryOptions = {}): ProcessGroup[] {
  const memory = groupMemory(size, { timeLimitMs: 5000, ...options });
  return Array.from({ length: size }, (_, rank) => memoryGroup(memory, rank));
}

const onAll = <R>(groups: readonly ProcessGroup[], run: (group: ProcessGroup) => Promise<R>) =>
  Promise.all(groups.map(run));

describe('memoryGroup', () => {
  it('should add the values of all ranks in double precision, in their order, with the same bits for all', async () => {
    const rankValues = fc
      .tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 0, max: 40 }), fc.boolean())
      .chain(([size, length, isDouble]) => {
        const lengths = { minLength: length, maxLength: length };
        const values: fc.Arbitrary<Float32Array | Float64Array> = isDouble
          ? fc.float64Array(lengths)
          : fc.float32Array(lengths);
        return fc.array(values, { minLength: size, maxLength: size });
      });
    await fc.assert(
      fc.asyncProperty(rankValues, async (given) => {
        const sums = given.map((values) => values.slice());
        await onAll(ranksHere(given.length), (group) => group.allReduce(sums[group.rank] as Float32Array));
        const expected = given[0]?.map((_, i) => given.reduce((sum, values) => sum + (values[i] ?? 0), 0));
        for (const sum of sums) expect(sum).toEqual(expected);
      }),
      { numRuns: 50 },
    );
  });

  it('should send the bytes of one rank to all, whatever their number', async () => {
    const lengths = [0, 1, 5, pieceBytes - 1, pieceBytes, pieceBytes + 1, 3 * pieceBytes + 17];
    for (const length of lengths) {
      const given = [0, 1, 2].map((rank) => new Uint8Array(length).map((_, i) => i * 7 + rank));
      const sent = given.map((bytes) => bytes.slice());
      await onAll(ranksHere(3), (group) => group.broadcast(sent[group.rank] as Uint8Array, 1));
      for (const bytes of sent) expect(Buffer.compare(bytes, given[1] as Uint8Array)).toBe(0);
    }
  });

  it('should end several calls that are on their way in the order of their start', async () => {
    const ended = await onAll(ranksHere(3), async (group) => {
      const order: string[] = [];
      const note = (name: string) => () => order.push(name);
      const [long, short] = [new Float32Array(200_000).fill(1), new Float64Array([group.rank])];
      await Promise.all([
        group.allReduce(long).then(note('long')),
        group.barrier().then(note('barrier')),
        group.allReduce(short).then(note('short')),
        group.broadcast(new Uint8Array(3), 2).then(note('broadcast')),
      ]);
      return { order, sums: [long[0], long.at(-1), short[0]] };
    });
    for (const { order, sums } of ended) {
      expect(order).toEqual(['long', 'barrier', 'short', 'broadcast']);
      expect(sums).toEqual([3, 3, 3]);
    }
  });

  it('should not end a barrier before all ranks have come', async () => {
    const [first, second] = ranksHere(2) as [ProcessGroup, ProcessGroup];
    let ended = false;
    const waiting = first.barrier().then(() => {
      ended = true;
    });
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(ended).toBe(false);
    await Promise.all([waiting, second.barrier()]);
  });

  it('should need nobody else in a group of one', async () => {
    const [group] = ranksHere(1) as [ProcessGroup];
    const values = new Float32Array([0.1, 2]);
    group.allReduceNow(values);
    await group.allReduce(values);
    await group.broadcast(new Uint8Array(2), 0);
    await group.barrier();
    expect(values).toEqual(new Float32Array([0.1, 2]));
  });

  it('should refuse to block a thread that other ranks need', async () => {
    const [first, second] = ranksHere(2) as [ProcessGroup, ProcessGroup];
    expect(() => first.allReduceNow(new Float32Array(1))).toThrow(
      new GroupError(
        'allReduceNow: rank 1 is in the same thread as rank 0, which would wait for it forever; use allReduce, or a thread for each rank',
      ),
    );
    await Promise.all([first.barrier(), second.barrier()]); // nothing has happened
  });

  it('should name the ranks that do not arrive in time', async () => {
    const groups = ranksHere(4, { timeLimitMs: 100 });
    const waiting = [groups[0], groups[2]].map((group) => group?.barrier());
    const [error] = (await Promise.allSettled(waiting)).map(
      (each) => each.status === 'rejected' && each.reason,
    );
    expect(error).toBeInstanceOf(GroupError);
    expect(error.message).toBe('barrier: ranks 1 and 3 did not arrive within 0.1 s');
    await expect(groups[1]?.barrier()).rejects.toThrow('ranks 1 and 3 did not arrive');
  });

  it('should fail for those who wait for a rank that has closed', async () => {
    const [first, second] = ranksHere(2) as [ProcessGroup, ProcessGroup];
    const waiting = first.barrier();
    await second.close();
    await expect(waiting).rejects.toThrow(new GroupError('barrier: rank 1 left the group'));
    await expect(second.barrier()).rejects.toThrow(GroupError);
  });

  it('should let a rank close as soon as its own calls have ended', async () => {
    await onAll(ranksHere(3), async (group) => {
      await group.allReduce(new Float64Array(3));
      await group.close();
    });
  });

  it('should tell all ranks why one has ended the job', async () => {
    const [first, second, third] = ranksHere(3) as [ProcessGroup, ProcessGroup, ProcessGroup];
    const waiting = first.allReduce(new Float32Array(4));
    second.abort('the disk is full');
    third.abort('too late');
    await expect(waiting).rejects.toThrow(new GroupError('rank 1 has ended the job: the disk is full'));
    await expect(third.barrier()).rejects.toThrow('the disk is full');
  });

  it('should refuse calls that differ', async () => {
    const [first, second] = ranksHere(2) as [ProcessGroup, ProcessGroup];
    const calls = [first.allReduce(new Float32Array(2)), second.allReduce(new Float64Array(3))];
    for (const each of await Promise.allSettled(calls))
      expect(each).toMatchObject({
        status: 'rejected',
        reason: {
          message: expect.stringMatching(/^rank \d called allReduce of float.* while rank \d called/),
        },
      });
  });

  it('should not let two have the same rank', () => {
    const memory = groupMemory(2);
    memoryGroup(memory, 1);
    expect(() => memoryGroup(memory, 1)).toThrow('memoryGroup: rank 1 is taken');
    expect(() => memoryGroup(memory, 2)).toThrow(RangeError);
    expect(() => groupMemory(0)).toThrow(RangeError);
  });
});

describe('memoryGroup in threads', () => {
  it('should block until all have come, and not wait for calls that do not block, whichever come first', async () => {
    const results = await runRanks(3, async ({ group }) => {
      const long = new Float32Array(200_000).fill(group.rank);
      let onItsWay = group.rank === 0 ? undefined : group.allReduce(long);
      const sums: number[] = [];
      for (let i = 0; i < 200; i++) {
        const values = new Float64Array([i, group.rank]);
        group.allReduceNow(values);
        sums.push(values[0] as number, values[1] as number);
      }
      onItsWay ??= group.allReduce(long);
      await onItsWay;
      const longWasSummed = long.every((value) => value === 3);
      return { sums, longWasSummed };
    });
    const sums = Array.from({ length: 200 }, (_, i) => [3 * i, 3]).flat();
    expect(results).toEqual(Array(3).fill({ sums, longWasSummed: true }));
  });

  it('should sum to the same bits on all ranks', async () => {
    const results = await runRanks(4, async ({ group }) => {
      const values = new Float32Array(1001).map((_, i) => Math.sin(i * (group.rank + 1)) * 10 ** (i % 9));
      group.allReduceNow(values);
      return new Uint8Array(values.buffer);
    });
    for (const each of results) expect(Buffer.compare(each, results[0] as Uint8Array)).toBe(0);
  });

  it.each(['blocking', 'waiting'])('should name a rank that vanished to ranks that are %s', async (how) => {
    // They meet in a group that waits for slow threads, and then use one that does not wait long.
    const memory = groupMemory(3, { timeLimitMs: 1000 });
    const outcomes = await rankOutcomes(
      3,
      async ({ group: { rank, allReduceNow }, data: { how, memory }, load }) => {
        const { memoryGroup } = await load<typeof import('../../src/group/memory/memoryGroup.js')>(
          'group/memory/memoryGroup.js',
        );
        const group = memoryGroup(memory, rank);
        allReduceNow(new Float32Array(1));
        if (rank === 1) process.exit(0);
        if (how === 'blocking') group.allReduceNow(new Float32Array(1));
        await group.allReduce(new Float32Array(1));
      },
      { data: { how, memory } },
    );
    expect(outcomes[1]).toEqual({ vanished: true });
    for (const outcome of [outcomes[0], outcomes[2]]) {
      const message = expect.stringContaining('rank 1 did not arrive within 1 s');
      expect(outcome).toMatchObject({ error: { message } });
    }
  });

  it('should compute with the native engine in every thread', async () => {
    const results = await runRanks(2, async ({ group, load }) => {
      const { useEngine } = await load<typeof import('../../src/engine/index.js')>('engine/index.js');
      const tf = await load<typeof import('../../src/engine/tf.js')>('engine/tf.js');
      await useEngine('native');
      const x = tf.fill([1, 8, 8, 3], group.rank + 1) as import('../../src/engine/tf.js').Tensor4D;
      let total = 0;
      for (let i = 0; i < 20; i++) {
        const y = tf.conv2d(
          x,
          tf.ones([3, 3, 3, 4]) as import('../../src/engine/tf.js').Tensor4D,
          1,
          'valid',
        );
        const sum = new Float64Array([tf.sum(y).dataSync()[0] as number]);
        group.allReduceNow(sum);
        total += sum[0] as number;
      }
      return total;
    });
    expect(results).toEqual([20 * 36 * 4 * 27 * 3, 20 * 36 * 4 * 27 * 3]);
  });
});
