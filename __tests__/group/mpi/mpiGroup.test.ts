/** Ranks as processes of a real MPI. */
import { describe, expect, it } from '@jest/globals';
import { eventually } from '../../support/eventually.js';
import { mpiResults, noMpi, startMpirun } from '../../support/ranks/mpirun.js';

const suite = noMpi ? describe.skip : describe;

suite(`mpiGroup${noMpi && `: SKIPPED, ${noMpi}`}`, () => {
  it.each([2, 3])('should sum, send and wait with %i ranks', async (size) => {
    const results = await mpiResults(size, async ({ group }) => {
      const { rank, size } = group;
      const floats = new Float32Array(1000).map((_, i) => i + rank);
      const doubles = new Float64Array([0.1 + rank, 1e-300]);
      const bytes = new Uint8Array(70_000).fill(rank);
      await Promise.all([
        group.allReduce(floats),
        group.allReduce(doubles),
        group.broadcast(bytes, size - 1),
      ]);
      await group.barrier();
      return { rank, size, floats: [floats[0], floats[999]], doubles: [...doubles], byte: bytes[69_999] };
    });
    const ranks = [0, 1, 2].slice(0, size);
    const sum = (value: (rank: number) => number) => ranks.reduce((total, rank) => total + value(rank), 0);
    expect(results).toEqual(
      ranks.map((rank) => ({
        rank,
        size,
        floats: [sum((each) => each), sum((each) => each + 999)],
        doubles: [
          expect.closeTo(
            sum((each) => each + 0.1),
            12,
          ),
          expect.closeTo(size * 1e-300, 305),
        ],
        byte: size - 1,
      })),
    );
  });

  it('should sum to the same bits on all ranks and in every job', async () => {
    const digests = async () =>
      mpiResults(3, async ({ group, load }) => {
        const { crc32 } = await load<typeof import('../../../src/base/crc32.js')>('base/crc32.js');
        const valuesOf = (length: number) =>
          new Float32Array(length).map((_, i) => Math.sin(i * (group.rank + 1)) * 10 ** (i % 9));
        const sums: number[] = [];
        for (const length of [1, 7, 1000, 100_003]) {
          const [blocking, promised] = [valuesOf(length), valuesOf(length)];
          group.allReduceNow(blocking);
          await group.allReduce(promised);
          for (const values of [blocking, promised]) sums.push(crc32(new Uint8Array(values.buffer)));
        }
        return sums.join();
      });
    const [first, second] = await Promise.all([digests(), digests()]);
    expect(new Set([...first, ...second]).size).toBe(1);
  });

  it('should block for small sums while large ones are on their way, and end those in their order', async () => {
    const results = await mpiResults(2, async ({ group }) => {
      const order: number[] = [];
      const large = [0, 1, 2, 3].map(() => new Float32Array(300_000).fill(group.rank + 1));
      const onTheirWay = large.map((values, i) => group.allReduce(values).then(() => order.push(i)));
      const small: number[] = [];
      for (let i = 0; i < 500; i++) {
        const values = new Float64Array([i, group.rank]);
        group.allReduceNow(values);
        small.push(values[0] as number, values[1] as number);
      }
      await Promise.all(onTheirWay);
      const right = large.every((values) => values.every((value) => value === 3));
      return { order, right, small };
    });
    const small = Array.from({ length: 500 }, (_, i) => [2 * i, 1]).flat();
    expect(results).toEqual([0, 1].map(() => ({ order: [0, 1, 2, 3], right: true, small })));
  });

  it('should keep the event loop alive while it waits', async () => {
    const [ticks] = await mpiResults(2, async ({ group }) => {
      let count = 0;
      const timer = setInterval(() => count++, 10);
      if (group.rank === 1) await new Promise((resolve) => setTimeout(resolve, 400));
      await group.barrier();
      clearInterval(timer);
      return count;
    });
    expect(ticks).toBeGreaterThan(10);
  });

  it('should reject what cannot work, and calls after the end', async () => {
    const [messages] = await mpiResults(2, async ({ group }) => {
      const messages: string[] = [];
      const keep = (error: Error) => messages.push(`${error.name}: ${error.message}`);
      await group.broadcast(new Uint8Array(1), 2).catch(keep);
      await group.close();
      await group.barrier().catch(keep);
      return messages;
    });
    expect(messages).toEqual([
      'RangeError: broadcast: root must be an integer from 0 to 1, got 2',
      'GroupError: rank 0 has left the group',
    ]);
  });

  it.each(['blocked', 'waiting'])(
    'should end all ranks when one is killed while others are %s',
    async (how) => {
      const job = startMpirun(
        3,
        async ({ group, data, say }) => {
          await group.barrier();
          say('pid', process.pid);
          if (group.rank === 2) await new Promise(() => setInterval(() => {}, 1000));
          if (data === 'blocked') group.allReduceNow(new Float64Array(3));
          else await group.allReduce(new Float64Array(3));
        },
        { data: how },
      );
      const pids = (await Promise.all([0, 1, 2].map((rank) => job.said('pid', rank)))) as number[];
      const start = performance.now();
      process.kill(pids[2] as number, 'SIGKILL');
      const { status } = await job.ended;
      expect(status).not.toBe(0);
      const isGone = (pid: number) => expect(() => process.kill(pid, 0)).toThrow('ESRCH');
      await eventually(() => pids.forEach(isGone));
      expect(performance.now() - start).toBeLessThan(10_000);
    },
  );

  it.each([
    ['blocked', 'computes', 'sum not finished within 2 s: rank 1 did not arrive'],
    ['waiting', 'computes', 'barrier not finished within 2 s: rank 1 did not arrive'],
    ['waiting', 'is stopped', 'barrier not finished within 2 s: rank 1 does not answer'],
  ])('should name the rank that others are %s for while it %s', async (how, what, message) => {
    const job = startMpirun(
      3,
      async ({ group, data }) => {
        await group.barrier();
        if (group.rank === 1) {
          if (data[1] === 'is stopped') process.kill(process.pid, 'SIGSTOP');
          for (const end = performance.now() + 30_000; performance.now() < end; );
        }
        if (data[0] === 'blocked') group.allReduceNow(new Float32Array(5));
        else await group.barrier();
      },
      { data: [how, what], env: { NVAE_GROUP_TIMEOUT: '2' } },
    );
    const start = performance.now();
    const { status, stderr, errors } = await job.ended;
    expect(status).not.toBe(0);
    expect(performance.now() - start).toBeLessThan(20_000);
    expect(errors[0]).toEqual({ name: 'GroupError', message: `MPI: ${message}` });
    expect(stderr).toContain(message);
  });

  it('should end the job on all ranks with the reason of one', async () => {
    const { status, stderr } = await startMpirun(2, async ({ group }) => {
      if (group.rank === 1) group.abort('the disk is full');
      await group.barrier();
    }).ended;
    expect(status).not.toBe(0);
    expect(stderr).toContain('rx-nvae: rank 1 has ended the job: the disk is full\n');
  });

  it('should end the job for a program that does not after a call has failed', async () => {
    const start = performance.now();
    const { status, stderr } = await startMpirun(
      2,
      async ({ group }) => {
        if (group.rank === 0) await group.barrier().catch(() => {});
        await new Promise(() => setInterval(() => {}, 1000));
      },
      { env: { NVAE_GROUP_TIMEOUT: '0.5' } },
    ).ended;
    expect(status).not.toBe(0);
    expect(stderr).toMatch(
      /rx-nvae: rank 0: barrier not finished within 0.5 s: rank 1 (did not arrive|does not answer)\n/,
    );
    expect(performance.now() - start).toBeLessThan(45_000);
  });
});
