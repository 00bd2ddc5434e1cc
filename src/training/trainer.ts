/**
 * One training run without streams: a model, its optimiser, and their position. Every random draw has the key (seed, purpose,
 * step), so a run restored from a snapshot continues bit for bit as if it had never stopped.
 */

import { checkFunction } from '../base/checkFunction.js';
import { checkCount, checkSeed, checkWhole } from '../base/checkNumbers.js';
import { partsOf } from '../base/imageBatches.js';
import { nextTurn } from '../base/nextTurn.js';
import type { ImageBatch, NamedImages, NamedTensors, PartedImages } from '../base/plainData.js';
import { Queue } from '../base/queue.js';
import type { Position, Snapshot } from '../checkpoint/snapshot.js';
import { checkNvaeConfig } from '../config/checkConfig.js';
import { imageFitOf } from '../config/imageFit.js';
import type { NvaeConfig } from '../config/types.js';
import { checkGroup } from '../engine/checkGroup.js';
import { checkHalfPrecision } from '../engine/checkHalfPrecision.js';
import { GradientSums } from '../engine/gradients/gradientSums.js';
import { withHalfPrecision } from '../engine/halfPrecision.js';
import { nativeBackend } from '../engine/native/inUse.js';
import { Replays } from '../engine/replays.js';
import * as tf from '../engine/tf.js';
import type { ProcessGroup } from '../group/processGroup.js';
import { binarizedImages } from '../model/binarizedImages.js';
import type { BatchEvaluation } from '../model/evaluation/batchEvaluation.js';
import { evaluateBatch } from '../model/evaluation/evaluateBatch.js';
import { checkImages, imagesToTensor } from '../model/imageTensors.js';
import { Nvae } from '../model/nvae.js';
import type { Noise } from '../model/random.js';
import { keyedNoise } from '../model/random.js';
import { renderImages } from '../model/renderImages.js';
import type { SampleImagesOptions, SampleSource, Temperature } from '../model/sampleSource.js';
import { SpectralVectors } from '../model/spectralVectors.js';
import type { BatchPart, StepReplays } from './accumulateGradients.js';
import { Adamax } from './adamax.js';
import { checkTensorSizes } from './checkTensorSizes.js';
import { compareRanks } from './compareRanks.js';
import type { LossFunction } from './lossFunction.js';
import type { OptimizerStepResult } from './optimizerStep.js';
import { optimizerStep } from './optimizerStep.js';
import { shareBatch } from './sharedBatch.js';
import { WeightAverage } from './weightAverage.js';

/** The result of one step: plain numbers, losses in nats per image. */
export interface StepResult extends OptimizerStepResult {
  /** 1 for the first step of the run. */
  readonly step: number;
  /** Epoch, from 0: the number of finished epochs. */
  readonly epoch: number;
  /** 1 for the first batch of the epoch. */
  readonly batchInEpoch: number;
  /** Number of images in this step, on all ranks. */
  readonly batchSize: number;
  /** Number of images in all steps so far, including this one. */
  readonly imagesSeen: number;
  /** Duration of the step, without waiting for its turn. */
  readonly seconds: number;
}

/** Steps between two comparisons of the ranks of a group. */
const stepsPerComparison = 100;

/** Options of a new run. */
export interface TrainerOptions {
  /** Seed for the initial parameters and the noise of every step. @default config.training.seed */
  readonly seed?: number;
  /** Adds terms to the loss, or replaces them. @default the negative ELBO and the regularisation */
  readonly loss?: LossFunction;
  /** The processes that train this model together, each with a trainer of its own. @default this one alone */
  readonly group?: ProcessGroup | undefined;
}

/** Options for sampling from a trainer. */
export interface TrainerSampleOptions extends SampleImagesOptions {
  /** Iterations of the batch-norm re-adjustment, for this call only. @default 20 */
  readonly iterations?: number;
}

/**
 * Trains one model, a step at a time.
 *
 * Calls are queued: each sees the state after all earlier calls, and one that fails does not stop later ones. Owns its
 * tensors until `dispose`; arguments and results are plain data.
 *
 * With `emaDecay` in the configuration, `reconstruct`, `evaluate` and `sampleImages` use the moving average of the weights and of the
 * batch-norm averages. It has no influence on training.
 *
 * In a group, all ranks have the same model, optimiser and position, and each calls `step` with its images. They compute what one
 * rank would with all images, within the rounding of float32, and for the same number of ranks always the same bits. Only `step` waits
 * for the other ranks; after an error in it, `ProcessGroup.abort` tells them.
 *
 * @example
 * await useEngine();
 * await using trainer = await Trainer.create(await loadConfig('demo'));
 * const { loss } = await trainer.step(batch, 0);
 * const images = await trainer.sampleImages(16, 0.7);
 * await trainer.dispose();
 */
export class Trainer implements SampleSource, AsyncDisposable {
  /** Configuration of the model and its training. */
  readonly config: NvaeConfig;
  /** The model that is trained, without the averaged weights (`emaDecay`); disposed with the trainer. */
  readonly model: Nvae;
  readonly #optimizer: Adamax;
  readonly #spectral: SpectralVectors | undefined;
  readonly #average: WeightAverage | null;
  readonly #queue = new Queue();
  readonly #loss: LossFunction | undefined;
  readonly #replays: StepReplays = new Replays();
  /** Null without other ranks. */
  readonly #sums: GradientSums | null;
  /** Whether the ranks may differ because of something since the last comparison. */
  #isUncertain = true;
  #seed: number;
  #position: Position = { epoch: 0, batchInEpoch: 0, step: 0, imagesSeen: 0 };

  private constructor(config: NvaeConfig, seed: number, { loss, group }: TrainerOptions) {
    this.config = config;
    this.#sums = group && group.size > 1 ? new GradientSums(group) : null;
    this.#seed = seed;
    this.#loss = loss;
    const { emaDecay, augmentation } = config.training;
    const { binarize } = augmentation;
    this.model = Nvae.create(config.model, seed, { binarize, imageFit: imageFitOf(config.training) });
    const isIterated = config.training.spectralRegularization === 'power_iteration';
    this.#spectral = isIterated ? new SpectralVectors(this.model.plan) : undefined;
    let average: WeightAverage | null = null;
    try {
      if (emaDecay !== null) average = new WeightAverage(this.model, emaDecay);
      this.#optimizer = new Adamax(this.model.store);
    } catch (error) {
      average?.dispose();
      this.model.dispose();
      throw error;
    }
    this.#average = average;
  }

  /**
   * Creates a new run on the engine in use.
   *
   * @param given model and training parameters
   * @param options a seed, a custom loss, and the group; all ranks must be given the same
   * @throws RangeError when the configuration has a value that is not allowed, the seed is not an integer, or a batch is too large for the
   * device of the engine
   * @throws TypeError when `loss` is not a function
   * @throws EngineUnavailableError when the engine does not support half precision, which the configuration asks for, or a group
   */
  static async create(
    given: NvaeConfig,
    { seed = given.training.seed, ...options }: TrainerOptions = {},
  ): Promise<Trainer> {
    const config = checkNvaeConfig('trainer', given);
    checkSeed('trainer', seed);
    checkFunction('trainer', 'loss', options.loss);
    await tf.ready();
    if (config.training.halfPrecision) checkHalfPrecision();
    if (options.group && options.group.size > 1) checkGroup();
    checkTensorSizes(config);
    return new Trainer(config, seed, options);
  }

  /** Finished steps; a running one does not count. */
  get position(): Position {
    return this.#position;
  }

  /** The seed of all random draws. */
  get seed(): number {
    return this.#seed;
  }

  /**
   * Trains on one batch. If the loss or a gradient is not finite or exactly 0, only the position changes (`applied: false`).
   *
   * In a group, the batch is this rank's images of the whole one, maybe none, in the order of their places: those of lower ranks come
   * before. With `accumulationSteps`, these are its images of the first part, then of the second, and so on: its `shareOf` each of
   * `partSizes`, unless `parts` has their numbers. Every 100 steps, checksums of the ranks' weights are compared.
   *
   * @param batch images of the model's size; stays the caller's
   * @param epoch finished epochs, from 0: the KL warm-up and the learning rate depend on it
   * @throws RangeError when the images do not have the model's size; then nothing is changed
   * @throws GroupError when another rank is lost or has other weights; then the training is over
   * @throws TypeError when a `LossFunction` returns invalid terms; then nothing is changed
   */
  step(batch: PartedImages, epoch: number): Promise<StepResult> {
    return this.#queue.run(async () => {
      const begin = performance.now();
      const before = this.#position;
      const options = {
        step: before.step,
        epoch,
        training: this.config.training,
        spectral: this.#spectral,
        loss: this.#loss,
        replays: this.#replays,
        sums: this.#sums ?? undefined,
      };
      const parts = this.#sums ? await this.#sharedParts(batch, this.#sums.group) : this.#partsOf(batch);
      const result = await optimizerStep(this.model, this.#optimizer, parts, options, this.#average);
      await nextTurn(); // the native engine computes within one turn of the event loop; give timers and signals a turn
      const batchSize = parts.reduce((sum, { count, whole = count }) => sum + whole, 0);
      this.#position = {
        epoch,
        batchInEpoch: (epoch === before.epoch ? before.batchInEpoch : 0) + 1,
        step: before.step + 1,
        imagesSeen: before.imagesSeen + batchSize,
      };
      return { ...result, ...this.#position, batchSize, seconds: (performance.now() - begin) / 1000 };
    });
  }

  /**
   * Reconstructs the given images, in their order: encodes them, samples from the posterior, and decodes to the mean. They are made
   * binary first if the configuration says so.
   *
   * @param batch images of the model's size; stays the caller's
   */
  reconstruct(batch: ImageBatch): Promise<ImageBatch> {
    return this.#queue.run(() => {
      const noise = this.#noise('reconstruct', 0);
      return this.#useModel((model) =>
        renderImages(() => {
          const images = this.#tensorOf(binarizedImages(batch, model.binarize));
          return model.decode(model.encode(images, noise), noise);
        }),
      );
    });
  }

  /**
   * Measures the model on images, in eval mode. One draw of the latents per image, which depends on the image's name alone: the
   * same weights give the same numbers. Images are made binary first if the configuration says so.
   *
   * @param batch images of the model's size; stays the caller's
   * @returns numbers per image, in the order of the batch
   * @throws RangeError when the images do not have the model's size
   */
  evaluate(batch: NamedImages): Promise<BatchEvaluation> {
    const options = { samples: 1, seed: 0, keys: batch.names };
    return this.#queue.run(() => this.#useModel((model) => evaluateBatch(model, batch, options)));
  }

  /**
   * Samples new images. The run's batch-norm statistics do not change.
   *
   * @param count number of images
   * @param temperature one temperature for all latent groups, or one per group
   * @param options how to sample
   * @throws RangeError when the count, the temperature or an option is out of range
   */
  sampleImages(
    count: number,
    temperature: Temperature,
    options: TrainerSampleOptions = {},
  ): Promise<ImageBatch> {
    const { statistic = 'mean', iterations = 20, draw = 0, seed } = options;
    return this.#queue.run(() => {
      checkCount('trainer.sampleImages', 'count', count);
      checkWhole('trainer.sampleImages', 'iterations', iterations);
      if (seed !== undefined) checkSeed('trainer.sampleImages', seed);
      return this.#useModel((model) =>
        renderImages(() =>
          model.store.keepingBuffers(() => {
            const noiseOf = (i: number) => this.#noise(`readjust/${draw}/${i}`, 0, seed);
            model.readjustBatchNorm(iterations, count, temperature, noiseOf);
            const noise = this.#noise('sample', draw, seed);
            const { halfPrecision } = this.config.training;
            return withHalfPrecision(halfPrecision, () => model.sample(count, temperature, noise, statistic));
          }),
        ),
      );
    });
  }

  /** The state after all calls made before this one, as plain data. */
  snapshot(): Promise<Snapshot> {
    return this.#queue.run(async () => {
      const tensors = new Map([
        ...(await this.model.store.tensors()),
        ...(await this.#optimizer.tensors()),
        ...((await this.#spectral?.tensors()) ?? []),
        ...((await this.#average?.tensors()) ?? []),
      ]);
      const state = {
        seed: this.#seed,
        position: this.#position,
        optimizerUpdates: this.#optimizer.updates,
        ...(this.#average && { emaUpdates: this.#average.updates }),
      };
      return { config: this.config, tensors, state };
    });
  }

  /**
   * Restores a snapshot of a run with the same model; this trainer keeps its own training parameters. With power iterations in the
   * regularisation, vectors that the snapshot does not have start anew. With an `emaDecay`, an average that the snapshot does not have
   * starts from the restored weights.
   *
   * @param snapshot as `snapshot` or `loadCheckpoint` returns it
   * @throws RangeError when a tensor is missing or has another shape; then nothing is changed
   */
  restore({ tensors, state }: Snapshot): Promise<void> {
    return this.#queue.run(() => {
      const { emaUpdates } = state;
      this.model.store.check(tensors);
      const loadVectors = this.#spectral?.prepare(tensors);
      const restoreAverage =
        emaUpdates === undefined ? undefined : this.#average?.prepare(tensors, emaUpdates);
      this.#optimizer.load(tensors, state.optimizerUpdates);
      this.model.store.load(tensors);
      loadVectors?.();
      if (restoreAverage) restoreAverage();
      else this.#average?.restart();
      this.#seed = state.seed;
      this.#position = { ...state.position };
      this.#isUncertain = true;
    });
  }

  /**
   * Replaces parameters and running averages; the optimiser, the seed and the position stay, and power iterations start anew. Tensors
   * that are not given keep their values; other names are ignored, also those of an average (`ema.*`). The average of this trainer
   * starts again from the new weights.
   *
   * @param tensors weights as in a model file; they stay the caller's
   * @throws RangeError when a tensor has another shape than in the model; then nothing is changed
   * @example
   * const trainer = await Trainer.create(config); // a new run
   * await trainer.loadWeights((await loadCheckpoint('saved_weights/other.checkpoint')).tensors);
   */
  loadWeights(tensors: NamedTensors): Promise<void> {
    return this.#queue.run(() => {
      this.model.store.loadSome(tensors);
      this.#spectral?.restart();
      this.#average?.restart();
      this.#isUncertain = true;
    });
  }

  /** Lets a running call finish, then frees everything; waiting calls fail. */
  dispose(): Promise<void> {
    return this.#queue.close(new Error('trainer: it is disposed of; create another one'), () => {
      this.#replays.clear();
      this.#average?.dispose();
      this.#optimizer.dispose();
      this.#spectral?.dispose();
      this.model.dispose(); // last, since it gives idle memory back
    });
  }

  /** `await using trainer = await Trainer.create(config)` disposes it at the end of the block, even after an error. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose();
  }

  /** Calls `use` with the model whose images are shown and measured: with the average of the weights, if there is one. */
  #useModel<T>(use: (model: Nvae) => Promise<T>): Promise<T> {
    return this.#average ? this.#average.use(use) : use(this.model);
  }

  #tensorOf(batch: ImageBatch): tf.Tensor4D {
    const { inputDimension, imageChannels } = this.config.model;
    return imagesToTensor(batch, inputDimension, imageChannels);
  }

  /** The parts that a step works on one after the other; each image's noise is that of its place in the batch. */
  #partsOf(batch: ImageBatch): BatchPart[] {
    const { inputDimension, imageChannels } = this.config.model;
    checkImages(batch, inputDimension, imageChannels);
    let first = 0;
    return partsOf(batch, this.config.training.accumulationSteps).map((part) => {
      const noise = keyedNoise(this.#seed, 'step', this.#position.step, first);
      const count = part.shape[0];
      first += count;
      return { count, images: () => this.#tensorOf(part), noise };
    });
  }

  /** This rank's images of the parts. Where it has none, one image stands in, so that it takes part in the sums of the others. */
  async #sharedParts(batch: PartedImages, group: ProcessGroup): Promise<BatchPart[]> {
    const { inputDimension, imageChannels } = this.config.model;
    const { step } = this.#position;
    if (batch.shape[0] > 0) checkImages(batch, inputDimension, imageChannels);
    const asks = this.#isUncertain || step % stepsPerComparison === 0;
    const { parts, isAsked } = await shareBatch(batch, this.config.training.accumulationSteps, group, asks);
    if (isAsked) await this.#compareRanks(group);
    return parts.map(({ images, first, whole, isEverywhere }) => {
      const count = images.shape[0];
      const standIn = () => tf.zeros<tf.Rank.R4>([1, inputDimension, inputDimension, imageChannels]);
      return {
        count,
        whole,
        isEverywhere,
        images: count > 0 ? () => this.#tensorOf(images) : standIn,
        noise: keyedNoise(this.#seed, 'step', step, first),
      };
    });
  }

  async #compareRanks(group: ProcessGroup): Promise<void> {
    const { store } = this.model;
    const text = (value: unknown) => [new TextEncoder().encode(JSON.stringify(value))];
    const values = async (variables: Iterable<tf.Tensor>) =>
      Promise.all([...variables].map((variable) => variable.data<'float32'>()));
    await compareRanks(
      group,
      new Map<string, Iterable<Float32Array | Uint8Array>>([
        ['settings', text([this.config, this.#seed])],
        ['instruction sets', text([tf.getBackend(), nativeBackend()?.addon.simd()])],
        ['positions', text([this.#position, this.#optimizer.updates, this.#average?.updates])],
        ['weights', await values([...store.parameters.values(), ...store.buffers.values()])],
        ['states of the optimiser', await values(this.#optimizer.variables)],
        ['singular vectors', await values(this.#spectral?.current ? [this.#spectral.current] : [])],
        ['averages of the weights', await values(this.#average?.variables ?? [])],
      ]),
    );
    this.#isUncertain = false;
  }

  #noise(purpose: string, draw: number, seed = this.#seed): Noise {
    return keyedNoise(seed, `${purpose}/${draw}`, this.#position.step);
  }
}
