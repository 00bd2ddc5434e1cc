/** What a training will take, before it starts: memory and time. */
import { type Memory, memory } from '../../base/memory.js';
import type { NvaeConfig } from '../../config/types.js';
import { defaultMemoryLimit } from '../../data/imageCache.js';
import { parameterCount, planModel } from '../../model/plan.js';
import { type FittingSettings, fittingSettings } from '../../training/fittingSettings.js';
import {
  largestBatch,
  stepBytes,
  type TrainingMemory,
  trainingMemory,
} from '../../training/trainingMemory.js';
import { measureInProcess } from './measureInProcess.js';
import type { Measurement } from './measurement.js';

/** Numbers of images of a run. */
export interface PlannedImages {
  /** Images to learn from. */
  readonly training: number;
  /** Held-out images that a validation measures. */
  readonly validation: number;
}

/** Seconds. */
export interface PlannedTime {
  readonly perStep: number;
  /** Steps and validation, without checkpoints and previews; null if the number of images is not known. */
  readonly perEpoch: number | null;
  /** Null if the number of images is not known, or training has no end. */
  readonly run: number | null;
}

/** Bytes of resident memory, and what they are for. */
export interface PlannedMemory {
  /** The largest amount during the run: the sum of the others. */
  readonly peak: number;
  /** The largest amount during steps, validation and previews. */
  readonly steps: number;
  /** Checkpoints, logs and reading images. */
  readonly besideSteps: number;
  /** Decoded images that are kept. */
  readonly images: number;
  /** What an image of the batch adds. */
  readonly perImage: number;
}

export interface TrainingPlan {
  readonly configuration: string;
  readonly engine: string;
  readonly engineDescription: string;
  readonly parameters: number;
  readonly batchSize: number;
  readonly images: PlannedImages | null;
  readonly stepsPerEpoch: number | null;
  /** -1: training has no end. */
  readonly epochs: number;
  readonly memory: PlannedMemory;
  readonly machine: Memory;
  readonly fits: boolean;
  /** Null if it was not measured, because not even one image at a time fits. */
  readonly seconds: PlannedTime | null;
  /** Settings with which it fits; empty if it does, or if nothing helps. */
  readonly suggestions: readonly FittingSettings[];
  readonly measured: readonly Measurement[];
}

export interface PlanOptions {
  /** @default 'auto' */
  readonly engine?: string;
  /** @default not known: no time of an epoch */
  readonly images?: PlannedImages | null;
  /** What the run may take. @default the memory of this machine */
  readonly machine?: Memory;
  readonly signal?: AbortSignal;
  /** Called before each measurement. */
  readonly onMeasure?: (batchSize: number) => void;
  /** Measures steps. @default measureInProcess */
  readonly measure?: typeof measureInProcess;
}

/** A step of the larger batch that is measured takes about as many seconds. */
const targetSeconds = 2;
/** The part of the free memory that a measurement may take. */
const cautious = 0.8;

/**
 * Plans a training: measures steps with one or two batch sizes, small if the batch of the configuration is slow or does not fit, and
 * extrapolates: time in a straight line, memory by the shapes of the model.
 */
export async function planTraining(config: NvaeConfig, options: PlanOptions = {}): Promise<TrainingPlan> {
  const { images = null, machine = memory() } = options;
  const { batchSize, accumulationSteps, epochs, validation } = config.training;
  const part = Math.ceil(batchSize / accumulationSteps);
  const measured = await measure(config, part, machine, options);
  const estimated = trainingMemory(config);
  const memoryOf = corrected(estimated, accumulationSteps, measured);
  const steps = stepBytes(memoryOf(config), batchSize);
  const decoded = images === null ? 0 : (images.training + images.validation) * pixelsOf(config);
  const kept = Math.min(defaultMemoryLimit, decoded);
  const peak = steps + estimated.besideSteps + kept;
  const fits = peak <= machine.free;
  const hasHalfPrecision = measured.length === 0 || measured[0]?.engine === 'native';
  const seconds = secondsOf(measured);
  const last = measured.at(-1);
  const time = (count: number) => accumulationSteps * (seconds?.(Math.ceil(count / accumulationSteps)) ?? 0);
  const perEpoch =
    images &&
    Math.floor(images.training / batchSize) * time(batchSize) +
      (images.training % batchSize > 0 ? time(images.training % batchSize) : 0) +
      (images.validation * (last?.secondsPerEvaluation ?? 0)) / (last?.batchSize ?? 1) / validation.epochs;
  return {
    configuration: config.name,
    engine: last?.engine ?? options.engine ?? 'auto',
    engineDescription: last?.engineDescription ?? '',
    parameters: parameterCount(planModel(config.model)),
    batchSize,
    images,
    stepsPerEpoch: images && Math.ceil(images.training / batchSize),
    epochs,
    memory: { peak, steps, besideSteps: estimated.besideSteps, images: kept, perImage: estimated.perImage },
    machine,
    fits,
    seconds: seconds && {
      perStep: time(batchSize),
      perEpoch,
      run: perEpoch !== null && epochs > 0 ? epochs * perEpoch : null,
    },
    suggestions: fits
      ? []
      : fittingSettings(config, { limit: machine.free - kept, hasHalfPrecision, memoryOf }),
    measured,
  };
}

/** Two measurements, or one if that is the batch itself; none if not even one image fits. */
async function measure(
  config: NvaeConfig,
  part: number,
  { free }: Memory,
  { engine = 'auto', signal, onMeasure, measure = measureInProcess }: PlanOptions,
): Promise<Measurement[]> {
  // Parts of a batch are measured as batches.
  const whole = { ...config, training: { ...config.training, accumulationSteps: 1 } };
  const most = Math.min(part, largestBatch({ ...trainingMemory(whole), besideSteps: 0 }, cautious * free));
  const measured = async (batchSize: number) => {
    onMeasure?.(batchSize);
    return measure({ config: whole, engine, batchSize }, signal);
  };
  if (most < 1) return [];
  const small = await measured(Math.min(2, most));
  if (small === null) return [];
  const affordable = Math.floor((targetSeconds * small.batchSize) / small.secondsPerStep);
  const large = Math.min(most, Math.max(2 * small.batchSize, affordable));
  const second = large > small.batchSize ? await measured(large) : null;
  return second === null ? [small] : [small, second];
}

/**
 * Seconds of a step by the size of its batch: the straight line through two measurements, or through one and 0. Other programs may have
 * disturbed one of them, but at least half of a step of the larger batch grows with the batch, and no more than all of it. Null without
 * any.
 */
function secondsOf([first, second]: readonly Measurement[]): ((batchSize: number) => number) | null {
  if (!first) return null;
  const { batchSize: from, secondsPerStep } = second ?? first;
  const all = secondsPerStep / from;
  const measured = second ? (secondsPerStep - first.secondsPerStep) / (from - first.batchSize) : all;
  const rise = Math.min(all, Math.max(all / 2, measured));
  return (batchSize) => secondsPerStep + rise * (batchSize - from);
}

/** Estimates from shapes, moved so that they agree with the largest batch that was measured. */
function corrected(
  estimated: TrainingMemory,
  accumulationSteps: number,
  measured: readonly Measurement[],
): (config: NvaeConfig) => TrainingMemory {
  const last = measured.at(-1);
  const error = last ? last.peakBytes - stepBytes(estimated, accumulationSteps * last.batchSize) : 0;
  return (config) => {
    const memory = trainingMemory(config);
    return { ...memory, fixed: memory.fixed + error };
  };
}

function pixelsOf({ model: { inputDimension, imageChannels } }: NvaeConfig): number {
  return inputDimension ** 2 * imageChannels;
}
