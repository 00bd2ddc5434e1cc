/**
 * How much memory training takes, from the shapes of the model alone: no tensor is made. What the backward pass reads is counted
 * operation by operation; what the process and its buffers add was measured on the native engine, where the sum is within 15 % of the
 * resident memory of the given configurations.
 */
import type { NvaeConfig, TrainingConfig } from '../config/types.js';
import type { DecoderCellPlan } from '../model/cells/decoderCell.js';
import type { EncoderCellPlan } from '../model/cells/encoderCell.js';
import { outputChannels } from '../model/distributions/outputConfig.js';
import { type ModelPlan, paddedDimension, parameterCount, planModel } from '../model/plan.js';

/** Bytes of resident memory. */
export interface TrainingMemory {
  /** What steps need whatever the batch size: the process, weights, the optimiser's two slots, an average of the weights. */
  readonly fixed: number;
  /** Gradients of all weights. They are there when the features are gone, and take their memory. */
  readonly gradients: number;
  /** Features that an image of a batch adds. */
  readonly perImage: number;
  /** What a run adds to its steps: reading images, logs, and copies of the state for checkpoints and the final model. */
  readonly besideSteps: number;
}

/**
 * Values that one cell keeps per image: its input; what is inside, which recomputation does not keep; and results of norms, which half
 * precision computes again.
 */
interface Kept {
  readonly input: number;
  readonly inside: number;
  readonly normalized: number;
  /** The largest of all that it computes. */
  readonly largest: number;
}

const [float32, bfloat16] = [4, 2];

/** Node with the libraries of a run, its heap and its threads; memory of tensors is taken in large pieces, of which the last is not full. */
const processBytes = 155e6;
/** Gradients as they are computed, and packed. */
const copiesOfGradients = 2.2;
/** Weights and the optimiser's slots; and filters in the order of the kernels. */
const [stateOfParameters, besideState] = [3, 0.45];
/** Decoders and batches prepared ahead, the thread that writes, and logs. */
const runBytes = 60e6;
/** Copies that are in memory until they are written and collected. */
const snapshots = 3;
/** What is in memory besides what is kept, in float32, as a multiple of the features of the largest cell. */
const working = { plain: 0.4, halfPrecision: 1.1, recomputed: 2 };
/** Values per value of a latent, of the draw and the KL: in closed form, or estimated from the draw. */
const perLatent = { closedForm: 16, estimated: 44 };

/** @throws RangeError when the configuration does not describe a valid model */
export function trainingMemory({ model, training }: NvaeConfig): TrainingMemory {
  const plan = planModel(model);
  const parameters = float32 * parameterCount(plan);
  const averages = training.emaDecay === null ? 0 : 1;
  const cells = keptByCells(plan);
  const bytes = training.halfPrecision ? bfloat16 : float32;
  const keptInside = (cell: Kept) => cell.inside + (training.halfPrecision ? 0 : cell.normalized);
  const inside = training.useTensorCheckpoints ? 0 : sum(cells.map(keptInside));
  const kept = bytes * (sum(cells.map(({ input }) => input)) + inside + keptOutsideCells(plan));
  const largest = Math.max(0, ...cells.map(({ input, inside, normalized }) => input + inside + normalized));
  const beside = float32 * (workingOf(training) * largest + latentValues(plan));
  return {
    fixed: processBytes + (stateOfParameters + besideState + averages) * parameters,
    gradients: copiesOfGradients * parameters,
    perImage: (kept + beside) / training.accumulationSteps,
    besideSteps: runBytes + snapshots * (stateOfParameters + averages) * parameters,
  };
}

/** The bytes that steps with this batch size need. */
export function stepBytes({ fixed, gradients, perImage }: TrainingMemory, batchSize: number): number {
  return fixed + Math.max(gradients, perImage * batchSize);
}

/** The bytes that a run with this batch size needs at its peak, without decoded images that it keeps. */
export function peakBytes(memory: TrainingMemory, batchSize: number): number {
  return stepBytes(memory, batchSize) + memory.besideSteps;
}

/** The largest batch size whose peak is within a limit; 0 for none. */
export function largestBatch(memory: TrainingMemory, limit: number): number {
  const images = Math.floor((limit - memory.fixed - memory.besideSteps) / memory.perImage);
  return peakBytes(memory, 0) <= limit ? images : 0;
}

/** The bytes per image of the largest features that a step computes. */
export function largestFeatures(plan: ModelPlan): number {
  const pixels = paddedDimension(plan.config) ** 2;
  const outside = pixels * Math.max(plan.config.channelTowers, outputChannels(plan.config));
  return float32 * Math.max(outside, ...keptByCells(plan).map(({ largest }) => largest));
}

function keptByCells(plan: ModelPlan): Kept[] {
  let size = paddedDimension(plan.config);
  const kept: Kept[] = [];
  for (const cell of [...plan.preprocess, ...plan.encoderBlocks.flat()]) {
    kept.push(keptByEncoderCell(cell, size));
    if (cell.skip) size /= 2;
  }
  for (const cell of [...plan.groups.flatMap(({ cells }) => cells), ...plan.postprocess]) {
    kept.push(keptByDecoderCell(cell, size));
    if (cell.skip) size *= 2;
  }
  return kept;
}

/** Both inputs of each norm and convolution, and the branch that squeeze-excitation scales. */
function keptByEncoderCell({ convolution1, skip }: EncoderCellPlan, size: number): Kept {
  const { inChannels, outChannels, stride } = convolution1;
  const [before, after] = [size ** 2 * inChannels, (size / stride) ** 2 * outChannels];
  const inside = 2 * after + (skip ? before : 0);
  return { input: before, inside, normalized: before + after, largest: Math.max(before, after) };
}

/** The same; an upsampling cell has four times as many pixels from its depthwise convolution on. */
function keptByDecoderCell({ expand, reduce, skip }: DecoderCellPlan, size: number): Kept {
  const pixels = size ** 2;
  const after = (skip ? 4 : 1) * pixels;
  const [input, reduced] = [pixels * expand.inChannels, after * reduce.outChannels];
  return {
    input,
    inside: (pixels + after) * expand.outChannels + reduced,
    normalized: input + 2 * after * expand.outChannels + reduced,
    largest: after * expand.outChannels,
  };
}

/** Stem, mixers of the latent groups, and the parameters of the output distribution with their gradients. */
function keptOutsideCells({ config, groups }: ModelPlan): number {
  const pixels = paddedDimension(config) ** 2;
  const mixed = sum(groups.map(({ size, channels }) => 3 * size ** 2 * channels));
  return pixels * (2 * config.channelTowers + 2 * outputChannels(config)) + mixed;
}

function latentValues({ config: { fixedFlows }, groups }: ModelPlan): number {
  const each = fixedFlows ? perLatent.closedForm : perLatent.estimated;
  return each * sum(groups.map(({ size, latentSize }) => size ** 2 * latentSize));
}

function workingOf({ halfPrecision, useTensorCheckpoints }: TrainingConfig): number {
  if (useTensorCheckpoints) return working.recomputed;
  return halfPrecision ? working.halfPrecision : working.plain;
}

function sum(values: readonly number[]): number {
  return values.reduce((all, value) => all + value, 0);
}
