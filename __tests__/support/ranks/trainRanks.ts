/** Trains the same runs with different numbers of ranks, to compare them. */
import { partSizes } from '../../../src/base/imageBatches.js';
import type { ImageBatch, NamedTensors } from '../../../src/base/plainData.js';
import type { NvaeConfig } from '../../../src/config/types.js';
import type { Scalar } from '../../../src/engine/tf.js';
import { shareOf } from '../../../src/group/shareOf.js';
import type { LossFunction } from '../../../src/training/lossFunction.js';
import type { StepResult } from '../../../src/training/trainer.js';
import { testEngine } from '../engine.js';
import { type RankContext, runRanks } from './runRanks.js';

/** A run: the batches of its steps, each whole. */
export interface RankedRun {
  readonly config: NvaeConfig;
  readonly batches: readonly ImageBatch[];
  /** Finished epochs in all steps. @default 1 */
  readonly epoch?: number;
  /** Take a snapshot after this many steps and go on from it with a new trainer. */
  readonly restartAfter?: number;
  /** Whether the loss is a function, which adds the mean brightness of the reconstructions. */
  readonly ownLoss?: boolean;
  /** Execute every operation in every step. @default false: later steps are replayed */
  readonly withoutReplays?: boolean;
}

export interface RankedResult {
  readonly steps: readonly Omit<StepResult, 'seconds'>[];
  readonly tensors: NamedTensors;
  /** Number of replayed parts of passes. */
  readonly replays: number;
  /** Tensors that are left after the trainer was disposed of. */
  readonly tensorsLeft: number;
}

interface RankData {
  readonly engine: string;
  readonly runs: readonly (RankedRun & { readonly shares: readonly ImageBatch[][] })[];
}

/** Returns the results of all runs on each rank. */
export function trainRanks(size: number, runs: readonly RankedRun[], env = {}): Promise<RankedResult[][]> {
  const data = {
    engine: testEngine,
    runs: runs.map((run) => ({ ...run, shares: run.batches.map((batch) => sharesOf(batch, run, size)) })),
  };
  return runRanks(size, trainAll, { data, env });
}

/** Each rank's images of a batch. */
function sharesOf({ pixels, shape }: ImageBatch, { config }: RankedRun, size: number): ImageBatch[] {
  const [count, height, width, channels] = shape;
  const length = height * width * channels;
  const sizes = partSizes(count, config.training.accumulationSteps);
  return Array.from({ length: size }, (_, rank) => {
    let begin = 0;
    const own = sizes.flatMap((part) => {
      const { first, count } = shareOf(part, { rank, size });
      const at = begin + first;
      begin += part;
      return [...pixels.subarray(at * length, (at + count) * length)];
    });
    return { pixels: Uint8Array.from(own), shape: [own.length / length, height, width, channels] };
  });
}

/** On each rank. */
async function trainAll({ group, data, load }: RankContext<RankData>): Promise<RankedResult[]> {
  const { useEngine } = await load<typeof import('../../../src/engine/index.js')>('engine/index.js');
  const tf = await load<typeof import('../../../src/engine/tf.js')>('engine/tf.js');
  const { Trainer } = await load<typeof import('../../../src/training/trainer.js')>('training/trainer.js');
  const { withoutReplays } = await load<typeof import('../../../src/engine/replays.js')>('engine/replays.js');
  const { nativeBackend } =
    await load<typeof import('../../../src/engine/native/inUse.js')>('engine/native/inUse.js');
  await useEngine(data.engine as 'native');
  let replays = 0;
  const addon = nativeBackend()?.addon;
  const run = addon?.runProgram;
  if (addon && run) {
    addon.runProgram = (program) => {
      replays += 1;
      run(program);
    };
  }
  const results: RankedResult[] = [];
  const ownLoss: LossFunction = ({ terms, output }) => ({
    ...terms,
    brightness: tf.mul(100, tf.mean(output.mean())) as Scalar,
  });
  for (const { config, shares, epoch = 1, restartAfter, ...options } of data.runs) {
    const settings = { group, ...(options.ownLoss && { loss: ownLoss }) };
    replays = 0;
    const before = tf.memory().numTensors;
    const steps: Omit<StepResult, 'seconds'>[] = [];
    let trainer = await Trainer.create(config, settings);
    for (const batches of shares) {
      const step = () => trainer.step(batches[group.rank] as ImageBatch, epoch);
      const { seconds: _, ...result } = await (options.withoutReplays ? withoutReplays(step) : step());
      steps.push(result);
      if (steps.length !== restartAfter) continue;
      const snapshot = await trainer.snapshot();
      await trainer.dispose();
      trainer = await Trainer.create(config, settings);
      await trainer.restore(snapshot);
    }
    const { tensors } = await trainer.snapshot();
    await trainer.dispose();
    results.push({ steps, tensors, replays, tensorsLeft: tf.memory().numTensors - before });
  }
  return results;
}
