/**
 * One training run without streams: a model, its optimiser, and how far they have come. Every random draw is made by
 * the key (seed, purpose, step), so a run that goes on from a snapshot is the same, bit for bit, as one that never
 * stopped.
 */

import { checkCount, checkSeed, checkTimes } from '../base/checkNumbers.js';
import { nextTurn } from '../base/nextTurn.js';
import type { ImageBatch } from '../base/plainData.js';
import { Queue } from '../base/queue.js';
import type { Position, Snapshot } from '../checkpoint/snapshot.js';
import type { NvaeConfig } from '../config/types.js';
import { checkHalfPrecision } from '../engine/checkHalfPrecision.js';
import * as tf from '../engine/tf.js';
import type { Statistic } from '../model/distributions/outputDistribution.js';
import { imagesFromTensor, imagesToTensor } from '../model/imageTensors.js';
import type { Temperature } from '../model/nvae.js';
import { Nvae } from '../model/nvae.js';
import type { Noise } from '../model/random.js';
import { keyedNoise } from '../model/random.js';
import { Adamax } from './adamax.js';
import type { OptimizerStepResult } from './optimizerStep.js';
import { optimizerStep } from './optimizerStep.js';

/** What one step did; plain numbers, losses in nats per image. */
export interface StepResult extends OptimizerStepResult {
  /** 1 for the first step of the run. */
  readonly step: number;
  readonly epoch: number;
  /** 1 for the first batch of the epoch. */
  readonly batchInEpoch: number;
  readonly batchSize: number;
  /** Images of all steps up to and with this one. */
  readonly imagesSeen: number;
  readonly seconds: number;
}

export interface TrainerOptions {
  /** @default config.training.seed */
  readonly seed?: number;
}

export interface TrainerSampleOptions {
  /** @default 'mean' */
  readonly statistic?: Statistic;
  /** Sampling passes that re-adjust the running averages for this call only. @default 20 */
  readonly readjustments?: number;
  /** Different numbers give different images at the same step. @default 0 */
  readonly draw?: number;
  /** @default the run's */
  readonly seed?: number;
}

/**
 * Calls are queued: each sees the state that all earlier calls have left, and one that fails does not stop those behind
 * it. Owns its tensors until `dispose`; what goes in and out is plain data.
 */
export class Trainer {
  readonly config: NvaeConfig;
  readonly model: Nvae;
  readonly #optimizer: Adamax;
  readonly #queue = new Queue();
  #seed: number;
  #position: Position = { epoch: 0, batchInEpoch: 0, step: 0, imagesSeen: 0 };

  private constructor(config: NvaeConfig, seed: number) {
    this.config = config;
    this.#seed = seed;
    this.model = Nvae.create(config.model, seed);
    try {
      this.#optimizer = new Adamax(this.model.store);
    } catch (error) {
      this.model.dispose();
      throw error;
    }
  }

  /**
   * A new run, on the engine that is in use now.
   * @throws RangeError when the configuration describes no possible model, or the seed is no integer
   * @throws EngineUnavailableError when it asks for half precision and the engine has none
   */
  static async create(
    config: NvaeConfig,
    { seed = config.training.seed }: TrainerOptions = {},
  ): Promise<Trainer> {
    checkSeed('trainer', seed);
    await tf.ready();
    if (config.training.halfPrecision) checkHalfPrecision();
    return new Trainer(config, seed);
  }

  /** What has been finished by now; a running step does not count yet. */
  get position(): Position {
    return this.#position;
  }

  get seed(): number {
    return this.#seed;
  }

  /**
   * Train on one batch. A loss or gradient that is not finite leaves everything but the position as it was
   * (`applied: false`).
   *
   * `epoch` counts from 0: the finished epochs, which the KL's warm-up and the learning rate go by.
   * @throws RangeError when the images are not the model's size; nothing has changed then
   */
  step(batch: ImageBatch, epoch: number): Promise<StepResult> {
    return this.#queue.run(async () => {
      const begin = performance.now();
      const images = imagesToTensor(batch, this.config.model.inputDimension);
      try {
        const before = this.#position;
        const noise = keyedNoise(this.#seed, 'step', before.step);
        const options = { noise, epoch, training: this.config.training };
        const result = await optimizerStep(this.model, this.#optimizer, images, options);
        await nextTurn(); // the native engine works inside one turn, and leaves timers and signals none of their own
        const batchSize = batch.shape[0];
        this.#position = {
          epoch,
          batchInEpoch: (epoch === before.epoch ? before.batchInEpoch : 0) + 1,
          step: before.step + 1,
          imagesSeen: before.imagesSeen + batchSize,
        };
        return { ...result, ...this.#position, batchSize, seconds: (performance.now() - begin) / 1000 };
      } finally {
        images.dispose();
      }
    });
  }

  /** What the model makes of the given images, in their order: encoded, drawn, decoded to the mean. */
  reconstruct(batch: ImageBatch): Promise<ImageBatch> {
    return this.#queue.run(() => {
      const noise = this.#noise('reconstruct', 0);
      return asImages(() => {
        const images = imagesToTensor(batch, this.config.model.inputDimension);
        return this.model.decode(this.model.encode(images, noise), noise);
      });
    });
  }

  /**
   * New images. The run's own running averages stay as they are.
   * @throws RangeError when a number makes no sense
   */
  sample(count: number, temperature: Temperature, options: TrainerSampleOptions = {}): Promise<ImageBatch> {
    const { statistic = 'mean', readjustments = 20, draw = 0, seed } = options;
    return this.#queue.run(() => {
      checkCount('trainer.sample', 'count', count);
      checkTimes('trainer.sample', 'readjustments', readjustments);
      if (seed !== undefined) checkSeed('trainer.sample', seed);
      return asImages(() =>
        this.model.store.keepingBuffers(() => {
          const noiseOf = (i: number) => this.#noise(`readjust/${draw}/${i}`, 0, seed);
          this.model.readjustBatchNorm(readjustments, count, temperature, noiseOf);
          return this.model.sample(count, temperature, this.#noise('sample', draw, seed), statistic);
        }),
      );
    });
  }

  /** The state after all calls made before this one. */
  snapshot(): Promise<Snapshot> {
    return this.#queue.run(async () => {
      const tensors = new Map([...(await this.model.store.tensors()), ...(await this.#optimizer.tensors())]);
      const state = { seed: this.#seed, position: this.#position, optimizerUpdates: this.#optimizer.updates };
      return { config: this.config, tensors, state };
    });
  }

  /**
   * Go on from a snapshot of a run with the same model; training parameters stay this trainer's.
   * @throws RangeError when a tensor is missing or has another shape; nothing has changed then
   */
  restore({ tensors, state }: Snapshot): Promise<void> {
    return this.#queue.run(() => {
      this.model.store.check(tensors);
      this.#optimizer.load(tensors, state.optimizerUpdates);
      this.model.store.load(tensors);
      this.#seed = state.seed;
      this.#position = { ...state.position };
    });
  }

  /** Lets a running call finish, then frees everything; calls still waiting fail. Done when the promise is. */
  dispose(): Promise<void> {
    return this.#queue.close(
      new Error('trainer: expected a trainer in use, got one that was disposed'),
      () => {
        this.#optimizer.dispose();
        this.model.dispose();
      },
    );
  }

  #noise(purpose: string, draw: number, seed = this.#seed): Noise {
    return keyedNoise(seed, `${purpose}/${draw}`, this.#position.step);
  }
}

/** Bytes of the images that `make` returns, and nothing else left of it. */
async function asImages(make: () => tf.Tensor4D): Promise<ImageBatch> {
  const images = tf.tidy(make);
  try {
    return await imagesFromTensor(images);
  } finally {
    images.dispose();
  }
}
