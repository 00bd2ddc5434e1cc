/** Commands on several processes that mpirun has started. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { loadCheckpoint } from '../../../src/modelFiles/loadCheckpoint.js';
import { readJournal } from '../../../src/streams/journal/readJournal.js';
import type { EpochEvent } from '../../../src/streams/run/events.js';
import { collect } from '../../support/collect.js';
import { canMount, tmpfs } from '../../support/disks.js';
import { eventually } from '../../support/eventually.js';
import { writePictures } from '../../support/pictures.js';
import { mpirunCommand, noMpi } from '../../support/ranks/mpirun.js';
import { nvaeCommand, type RunningCli, runCli, startCli } from '../../support/runCli.js';
import { smallYaml } from '../../support/smallYaml.js';
import { useTemporaryFolder } from '../../support/temporaryFolder.js';

const inFolder = useTemporaryFolder();

async function prepared(training = 'epochs: 3', pictures = 11): Promise<string> {
  const folder = inFolder();
  await writeFile(join(folder, 'small.yaml'), smallYaml(training));
  await writePictures(join(folder, 'dataset'), pictures);
  return folder;
}

const onRanks = (ranks: number) => [...mpirunCommand(ranks), ...nvaeCommand];
const mpirun = (cwd: string, ranks: number, args: readonly string[]) =>
  runCli(args, { cwd, command: onRanks(ranks) });

/** The process of each rank, by rank. */
function pidsOf({ child }: RunningCli): number[] {
  const pids = execFileSync('pgrep', ['-P', String(child.pid)], { encoding: 'utf8' })
    .trim()
    .split('\n')
    .map(Number);
  const rankOf = (pid: number) =>
    /OMPI_COMM_WORLD_RANK=(\d+)/.exec(readFileSync(`/proc/${pid}/environ`, 'utf8'))?.[1];
  const byRank: number[] = [];
  for (const pid of pids) byRank[Number(rankOf(pid))] = pid;
  return byRank;
}

async function epochsOf(folder: string, run: string): Promise<EpochEvent[]> {
  const events = await collect(readJournal(join(folder, 'runs', run, 'events.jsonl')));
  return events.filter((event): event is EpochEvent & { time: number } => event.type === 'epoch');
}

/** What nvae has printed, without what mpirun adds when a job ends with an error. */
const withoutMpirun = (stderr: string) =>
  stderr
    .split(/^-{20,}$/m)
    .filter((_, i) => i % 2 === 0)
    .join('')
    .trim();

const title = noMpi ? `mpirun nvae (not tested: ${noMpi})` : 'mpirun nvae';
(noMpi ? describe.skip : describe)(title, () => {
  test('train should train one model on all ranks, and print everything once', async () => {
    const folder = await prepared();
    const { code, stdout, stderr } = await mpirun(folder, 2, ['train', 'small.yaml']);
    expect([code, stdout]).toEqual([0, 'saved_weights/final_result_small.model\n']);
    expect(stderr.match(/^training small .* in batches of 4 on 2 ranks$/gm)).toHaveLength(1);
    expect(stderr.match(/^epoch \d done/gm)).toHaveLength(3);
    expect(stderr).not.toContain('warning');
    const alone = await runCli(['train', 'small.yaml', '--name', 'alone'], { cwd: folder });
    expect(alone.code).toBe(0);
    const [epochs, expected] = [await epochsOf(folder, 'small'), await epochsOf(folder, 'alone')];
    expect(epochs.map(({ step, imagesTrained }) => [step, imagesTrained])).toEqual([
      [3, 11],
      [6, 11],
      [9, 11],
    ]);
    for (const [i, { loss, kl }] of epochs.entries()) {
      expect(loss / (expected[i]?.loss ?? 0)).toBeCloseTo(1, 4);
      expect(kl / (expected[i]?.kl ?? 0)).toBeCloseTo(1, 3);
    }
  });

  test.each([2, 1])('train should survive kill -9 of a rank, and resume on %i ranks', async (ranks) => {
    const folder = await prepared('epochs: -1, images_per_checkpoint: 8');
    const running = startCli(['train', 'small.yaml'], { cwd: folder, command: onRanks(2) });
    await running.shows('checkpoint saved_weights');
    const begin = performance.now();
    process.kill(pidsOf(running)[1] as number, 'SIGKILL');
    const { code } = await running.ended;
    expect(code).not.toBe(0);
    expect(performance.now() - begin).toBeLessThan(10_000);
    const { state } = await loadCheckpoint(join(folder, 'saved_weights', 'small.checkpoint'));
    const { step } = state.position;
    expect(step).toBeGreaterThan(0);
    const set = ['--set', `training_parameters.epochs=${state.position.epoch + 2}`];
    const resumed = await mpirun(folder, ranks, ['train', 'small.yaml', ...set]);
    expect(resumed.code).toBe(0);
    expect(resumed.stderr).toContain(`resumed after step ${step}`);
    expect(resumed.stderr).toContain('finished after');
  });

  test.each([
    ['rank 0', [0]],
    ['rank 1', [1]],
    ['all ranks', [0, 1]],
  ])('train should save and exit with 130 after SIGTERM to %s', async (_, ranks) => {
    const folder = await prepared('epochs: -1');
    const running = startCli(['train', 'small.yaml'], { cwd: folder, command: onRanks(2) });
    await running.shows('epoch 2');
    const pids = pidsOf(running);
    for (const rank of ranks) process.kill(pids[rank] as number, 'SIGTERM');
    const { code, stderr } = await running.ended;
    expect(code).toBe(130);
    const { state } = await loadCheckpoint(join(folder, 'saved_weights', 'small.checkpoint'));
    expect(stderr.match(/^stopped after.*/gm)).toEqual([
      `stopped after ${state.position.step} steps; the same command resumes from saved_weights/small.checkpoint`,
    ]);
    await eventually(() => expect(pids.some(isAlive)).toBe(false));
  });

  (canMount ? test : test.skip)('train should go on after a full disk on rank 0', async () => {
    const folder = await prepared('epochs: -1, images_per_checkpoint: 8');
    const weights = tmpfs(join(folder, 'saved_weights'), 2 ** 20);
    try {
      const running = startCli(['train', 'small.yaml'], { cwd: folder, command: onRanks(2) });
      await running.shows('checkpoint saved_weights');
      weights.fill();
      await running.shows('small.checkpoint: try 1 of ');
      weights.free();
      process.kill(pidsOf(running)[0] as number, 'SIGTERM');
      const { code, stderr } = await running.ended;
      expect(code).toBe(130);
      const { state } = await loadCheckpoint(join(weights.folder, 'small.checkpoint'));
      expect(stderr).toContain(`stopped after ${state.position.step} steps`);
    } finally {
      weights.unmount();
    }
  });

  (canMount ? test : test.skip)(
    'train should end on all ranks if the disk of rank 0 stays full',
    async () => {
      const folder = await prepared('epochs: -1, images_per_checkpoint: 8');
      const weights = tmpfs(join(folder, 'saved_weights'), 2 ** 20);
      try {
        const running = startCli(['train', 'small.yaml'], { cwd: folder, command: onRanks(2) });
        await running.shows('checkpoint saved_weights');
        const pids = pidsOf(running);
        weights.fill();
        const { code, stderr } = await running.ended;
        expect(code).toBe(1);
        const rescued = /the state is in (\S+):/.exec(stderr)?.[1] as string;
        const { state } = await loadCheckpoint(rescued);
        expect(state.position.step).toBeGreaterThan(0);
        await rm(rescued);
        await eventually(() => expect(pids.some(isAlive)).toBe(false));
      } finally {
        weights.unmount();
      }
    },
    120_000,
  );

  test('train should refuse ranks with other images, and say so once', async () => {
    const folder = await prepared();
    await writePictures(join(folder, 'other'), 10);
    const train = [...nvaeCommand, 'train', 'small.yaml'];
    const [program, ...options] = mpirunCommand(1);
    const command = [program, ...options, ...train, ':', '-n', '1', ...train, '--dataset', 'other'];
    const { code, stderr } = await runCli([], { cwd: folder, command });
    expect(code).toBe(1);
    expect(withoutMpirun(stderr)).toBe(
      'nvae: train: rank 1 has another dataset: 10 images, on rank 0 11; give all ranks the same images',
    );
    expect(await readdir(folder)).not.toContain('saved_weights');
  });

  test('sample and evaluate should share their work, with the files and numbers of one process', async () => {
    const folder = await prepared('epochs: 1');
    expect((await runCli(['train', 'small.yaml'], { cwd: folder })).code).toBe(0);
    const sample = ['sample', 'small', '0.7', '2', '--separate', '--count', '7', '--batch', '2', '--out'];
    const one = await runCli([...sample, 'one/'], { cwd: folder });
    const two = await mpirun(folder, 3, [...sample, 'two/']);
    expect([one.code, two.code]).toEqual([0, 0]);
    expect(two.stdout.split('\n')).toEqual(one.stdout.replaceAll('one/', 'two/').split('\n'));
    const names = await readdir(join(folder, 'one'));
    expect((await readdir(join(folder, 'two'))).sort()).toEqual([...names].sort());
    for (const name of names) {
      expect(await readFile(join(folder, 'two', name))).toEqual(await readFile(join(folder, 'one', name)));
    }
    const evaluate = ['evaluate', 'small', 'dataset', '--batch', '2', '--json'];
    const [alone, shared] = [await runCli(evaluate, { cwd: folder }), await mpirun(folder, 2, evaluate)];
    const [expected, result] = [alone, shared].map(({ stdout }) =>
      JSON.parse(stdout.trim().split('\n').at(-1) ?? ''),
    );
    expect(shared.code).toBe(0);
    expect(result).toMatchObject({ images: 11, total: 11, skipped: 0, stopped: false });
    for (const key of ['bitsPerDimension', 'importanceWeighted', 'kl', 'psnr']) {
      expect(result[key].mean).toBeCloseTo(expected[key].mean, 8);
      expect(result[key].standardError).toBeCloseTo(expected[key].standardError, 8);
    }
    const units = ({ groups }: { groups: { activeUnits: number }[] }) =>
      groups.map(({ activeUnits }) => activeUnits);
    expect(units(result)).toEqual(units(expected));
  });

  test('other commands and errors should be told once', async () => {
    const folder = await prepared();
    const models = await mpirun(folder, 2, ['models']);
    expect([models.code, withoutMpirun(models.stderr)]).toEqual([
      2,
      'error: models runs in one process, and mpirun has started 2 of them; start it without mpirun\n(nvae --help lists all commands)',
    ]);
    const missing = await mpirun(folder, 2, ['train', 'small.yaml', '--dataset', 'nowhere']);
    expect(missing.code).toBe(1);
    expect(missing.stderr.match(/^nvae: /gm)).toHaveLength(1);
    const help = await mpirun(folder, 2, ['--version']);
    expect([help.code, help.stdout.trim().split('\n')]).toEqual([0, [expect.stringMatching(/^\d/)]]);
    await rm(join(folder, 'dataset'), { recursive: true });
  });
});

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
