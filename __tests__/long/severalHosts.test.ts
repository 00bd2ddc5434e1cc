/** Ranks on several hosts, which are network namespaces of this machine. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { built } from '../support/build/built.js';
import { eventually } from '../support/eventually.js';
import { type Hosts, makeHosts, noHosts } from '../support/ranks/hosts.js';
import { mpiResults, startJob, startMpirun } from '../support/ranks/mpirun.js';
import { useTemporaryFolder } from '../support/temporaryFolder.js';

const suite = noHosts ? describe.skip : describe;
const path = useTemporaryFolder();

suite.each([2, 3])(`%i hosts${noHosts && `: SKIPPED, ${noHosts}`}`, (count) => {
  let hosts: Hosts;
  beforeEach(() => {
    hosts = makeHosts(count, path());
  });
  afterEach(() => hosts.remove());

  test('should work as one group', async () => {
    const results = await mpiResults(
      count,
      async ({ group }) => {
        const long = new Float32Array(1_000_000).fill(group.rank + 1);
        const short = new Float64Array([group.rank]);
        const onItsWay = group.allReduce(long);
        group.allReduceNow(short);
        await onItsWay;
        const os = 'node:os';
        return { host: (await import(os)).hostname(), sums: [short[0], long[0], long.at(-1)] };
      },
      hosts,
    );
    const sum = [0, 1, 2].slice(0, count).reduce((a, b) => a + b);
    const sums = [sum, sum + count, sum + count];
    expect(results).toEqual(
      results.map((_, rank) => ({ host: expect.stringMatching(new RegExp(`h${rank + 1}$`)), sums })),
    );
  });

  test('should train one model', async () => {
    const images = fileURLToPath(
      new URL('../../node_modules/emoji-datasource-google/img/google/64', import.meta.url),
    );
    const train = ['train', 'demo', '--dataset', images, '--folder', path(), '--seconds', '3'];
    const job = startJob(
      [...hosts.args, '-n', String(count), process.execPath, built('cli/main.js'), ...train],
      { through: hosts.through, env: { NVAE_THREADS: '1' } },
    );
    const { status, stderr } = await job.ended;
    expect(stderr).toContain(`on ${count} ranks`);
    expect(status).toBe(0);
    expect(existsSync(path('saved_weights/demo.checkpoint'))).toBe(true);
  });

  test('should all end after the time limit, with a message, when a cable is out', async () => {
    const job = startMpirun(
      count,
      async ({ group, say }) => {
        group.allReduceNow(new Float32Array(10));
        say('started', process.pid);
        for (;;) {
          group.allReduceNow(new Float32Array(100_000));
          await group.allReduce(new Float32Array(100_000));
        }
      },
      { ...hosts, env: { NVAE_GROUP_TIMEOUT: '3' } },
    );
    const ranks = Array.from({ length: count }, (_, rank) => rank);
    const pids = (await Promise.all(ranks.map((rank) => job.said('started', rank)))) as number[];
    hosts.cut(count - 1);
    const { message } = (await job.said('error', 0)) as Error;
    expect(message).toMatch(/^MPI: sum not finished within 3 s: (.*, )?ranks? .* not answer$/);
    await eventually(() => {
      for (const pid of pids) expect(() => process.kill(pid, 0)).toThrow('ESRCH');
    });
    job.process.kill('SIGKILL'); // it waits for the daemon on the other host, some minutes long
  });
});
