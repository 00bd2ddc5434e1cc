/** A trainer without a model, whose ranks may share a thread: its only weight adds up what all ranks have seen. */
import type { NamedImages } from '../../src/base/plainData.js';
import type { Position, Snapshot } from '../../src/checkpoint/snapshot.js';
import type { NvaeConfig } from '../../src/config/types.js';
import type { ProcessGroup } from '../../src/group/processGroup.js';
import type { TrainerLike } from '../../src/streams/run/trainerLike.js';
import type { StepResult } from '../../src/training/trainer.js';

export interface StandIn extends TrainerLike {
  /** The names of the images of this rank, by step and part. */
  readonly seen: (readonly string[])[][];
  disposed: boolean;
}

export interface StandInOptions {
  readonly seed: number;
  readonly group?: ProcessGroup;
  /** Called in each step before its collective call, with the number of the step from 1. */
  readonly onStep?: (step: number) => unknown;
}

export function standInTrainer(config: NvaeConfig, { seed, group, onStep }: StandInOptions): StandIn {
  const weight = new Float32Array(1);
  let position: Position = { epoch: 0, batchInEpoch: 0, step: 0, imagesSeen: 0 };
  let ownSeed = seed;
  const { inputDimension: size, imageChannels: channels } = config.model;
  const blank = (count: number) => ({
    pixels: new Uint8Array(count * size * size * channels),
    shape: [count, size, size, channels] as const,
  });
  const perImage = (count: number, value: number) => new Float64Array(count).fill(value);
  const trainer: StandIn = {
    config,
    seen: [],
    disposed: false,
    model: { parameterCount: 1, latentShapes: [[1, 1, 1]] },
    get seed() {
      return ownSeed;
    },
    get position() {
      return position;
    },
    async step(batch, epoch): Promise<StepResult> {
      const { names, parts = [batch.shape[0]] } = batch as NamedImages & { parts?: readonly number[] };
      let first = 0;
      trainer.seen.push(
        parts.map((count) => {
          first += count;
          return names.slice(first - count, first);
        }),
      );
      await onStep?.(position.step + 1);
      const sums = Float64Array.of(
        batch.shape[0],
        batch.pixels.reduce((sum, value) => sum + value, 0),
      );
      await group?.allReduce(sums);
      const [batchSize = 0, brightness = 0] = sums;
      weight[0] = Math.fround((weight[0] as number) + brightness / 1e6);
      const { step, imagesSeen, batchInEpoch } = position;
      position = {
        epoch,
        batchInEpoch: (epoch === position.epoch ? batchInEpoch : 0) + 1,
        step: step + 1,
        imagesSeen: imagesSeen + batchSize,
      };
      const loss = { loss: brightness, reconstructionLoss: 1, balancedKl: 0, regularization: 0, kl: 0 };
      const more = { klPerGroup: [0], gradientNorm: 1, klCoefficient: 1, learningRate: 1, clipFactor: 1 };
      const fine = { applied: true, nonFinite: null, zero: null, seconds: 0 };
      return { ...loss, ...more, ...fine, ...position, batchSize } as StepResult;
    },
    async evaluate({ shape: [count], pixels }) {
      const values = perImage(count, 1);
      for (let i = 0; i < count; i += 1) values[i] = pixels[i * (pixels.length / count)] as number;
      return {
        negativeElbo: values,
        negativeElboMass: values,
        reconstructionLoss: values,
        kl: [values],
      } as never;
    },
    reconstruct: async (batch) => batch,
    sampleImages: async (count) => blank(count),
    async snapshot(): Promise<Snapshot> {
      const tensors = new Map([
        ['weight', { dtype: 'float32', shape: [1], data: Float32Array.from(weight) } as const],
      ]);
      return { config, tensors, state: { seed: ownSeed, position, optimizerUpdates: position.step } };
    },
    async restore({ tensors, state }) {
      weight.set(tensors.get('weight')?.data ?? []);
      position = { ...state.position };
      ownSeed = state.seed;
    },
    async loadWeights(tensors) {
      weight.set(tensors.get('weight')?.data ?? []);
    },
    async dispose() {
      trainer.disposed = true;
    },
  };
  return trainer;
}
