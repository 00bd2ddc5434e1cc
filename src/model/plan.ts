/**
 * Expands a model configuration to every cell and every latent group with shapes and parameter names. Towers, losses,
 * parameter counts and displays all read this plan; creating it takes no tensor memory.
 */
import { checkModelConfig } from '../config/checkConfig.js';
import type { ModelConfig } from '../config/types.js';
import type { CellLayers } from './cells/cell.js';
import type { DecoderCellPlan } from './cells/decoderCell.js';
import { planDecoderCell } from './cells/decoderCell.js';
import type { EncoderCellPlan } from './cells/encoderCell.js';
import { planEncoderCell } from './cells/encoderCell.js';
import { checkCells, checkParameterCount } from './checkSize.js';
import { outputChannels } from './distributions/outputConfig.js';
import type { BatchNormPlan } from './layers/batchNormPlan.js';
import type { FlowCellPlan } from './layers/flow.js';
import { planFlow } from './layers/flow.js';
import type { WeightNormPlan } from './layers/weightNormConvolution.js';
import { weightNormParameters } from './layers/weightNormConvolution.js';
import type { ParameterSpec } from './parameterSpec.js';
import { sizeOf } from './parameterSpec.js';

/** One latent group. Level 0 comes first: the smallest images, farthest from the pixels. */
export interface LatentGroupPlan {
  readonly level: number;
  /** Scale 0 has the largest images. */
  readonly scale: number;
  /** Height and width of the latent. */
  readonly size: number;
  /** Channels of the encoder and decoder features at this group. */
  readonly channels: number;
  /** Channels of the latent. */
  readonly latentSize: number;
  /** Balancing divides this group's KL by this number; the smallest of all groups is 1. */
  readonly klMultiplier: number;
  readonly encoderMixer: WeightNormPlan;
  readonly encoderSampler: WeightNormPlan;
  /** Null at level 0, where the prior is fixed. */
  readonly decoderSampler: WeightNormPlan | null;
  readonly decoderMixer: WeightNormPlan;
  readonly flow: readonly FlowCellPlan[];
  /** The decoder cells after this group. */
  readonly cells: readonly DecoderCellPlan[];
}

export interface ModelPlan {
  readonly config: ModelConfig;
  readonly stem: WeightNormPlan;
  readonly preprocess: readonly EncoderCellPlan[];
  /** In forward order, largest images first; the output of block L - 1 - l belongs to level l. */
  readonly encoderBlocks: readonly (readonly EncoderCellPlan[])[];
  /** [1, height, width, channels] */
  readonly decoderConstant: ParameterSpec;
  readonly groups: readonly LatentGroupPlan[];
  readonly postprocess: readonly DecoderCellPlan[];
  readonly head: WeightNormPlan;
  /** Latent groups per scale, largest images first. */
  readonly groupsPerScale: readonly number[];
  readonly parameters: readonly ParameterSpec[];
  readonly batchNorms: readonly BatchNormPlan[];
}

/** Expansion of the decoder cells after the tower; that of the cells in it is configured. */
const postprocessExpansion = 3;

/** @throws RangeError that names the key when the configuration does not describe a valid model */
export function planModel(given: ModelConfig): ModelPlan {
  const config = checkModelConfig(given);
  const groupsPerScale = countGroups(config);
  checkCells(config, groupsPerScale);
  const { channelTowers, imageChannels, numBlocksPrepost } = config;
  const deepest = scaleShape(config, config.numberOfScales - 1);
  const stem = {
    name: 'initial_transform',
    kernel: 3,
    inChannels: imageChannels,
    outChannels: channelTowers,
  };
  const head = {
    name: 'to_distribution_conv.1',
    kernel: 3,
    inChannels: channelTowers,
    outChannels: outputChannels(config),
  };
  const decoderConstant: ParameterSpec = {
    name: 'decoder_constant',
    shape: [1, deepest.size, deepest.size, deepest.channels],
    layout: 'image',
    initial: { kind: 'normal' },
  };
  const parts = {
    stem,
    preprocess: planPreprocess(channelTowers, numBlocksPrepost, config.numCellsPerBlockPrepost),
    encoderBlocks: planEncoderBlocks(config, groupsPerScale),
    decoderConstant,
    groups: planGroups(config, groupsPerScale),
    postprocess: planPostprocess(channelTowers, numBlocksPrepost, config.numCellsPerBlockPrepost),
    head,
  };
  const batchNorms = cellsOf(parts).flatMap((cell) => cell.batchNorms);
  const plan = { config, groupsPerScale, ...parts, parameters: parametersOf(parts), batchNorms };
  checkParameterCount(parameterCount(plan));
  return plan;
}

/** Returns the number of trained parameters. */
export function parameterCount(plan: ModelPlan): number {
  return plan.parameters.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
}

/** Returns the shape of every latent, level 0 first: [height, width, channels]. */
export function latentShapes(plan: ModelPlan): [height: number, width: number, channels: number][] {
  return plan.groups.map(({ size, latentSize }) => [size, size, latentSize]);
}

/**
 * Returns height and width of the images inside the model: `input_dimension`, rounded up to a multiple of the factor between the
 * largest and the smallest features. The first convolution sees the images with zeros around them, and the parameters of the
 * output distribution are cropped, so that everything outside sees real pixels only (see layers/padding.ts).
 */
export function paddedDimension({
  inputDimension,
  numberOfScales,
  numBlocksPrepost,
}: Pick<ModelConfig, 'inputDimension' | 'numberOfScales' | 'numBlocksPrepost'>): number {
  const factor = 2 ** (numberOfScales + numBlocksPrepost - 1);
  return factor * Math.ceil(inputDimension / factor);
}

/** Returns channels and image size of a scale. */
function scaleShape(config: ModelConfig, scale: number): { channels: number; size: number } {
  const halvings = config.numBlocksPrepost + scale;
  return { channels: config.channelTowers * 2 ** halvings, size: paddedDimension(config) / 2 ** halvings };
}

function countGroups(config: ModelConfig): number[] {
  const counts = [config.initialSplitsPerScale];
  while (counts.length < config.numberOfScales) {
    const shrunk = Math.floor((counts.at(-1) ?? 0) / config.exponentialScaling);
    counts.push(Math.max(config.minSplits, shrunk));
  }
  return counts;
}

function planPreprocess(channels: number, blocks: number, cellsPerBlock: number): EncoderCellPlan[] {
  return Array.from({ length: blocks * cellsPerBlock }, (_, k) => {
    const last = k % cellsPerBlock === cellsPerBlock - 1;
    const width = channels * 2 ** Math.floor(k / cellsPerBlock);
    return planEncoderCell(`preprocess.model.${k + 1}.model`, width, last ? 2 * width : width, last ? 2 : 1);
  });
}

function planPostprocess(channels: number, blocks: number, cellsPerBlock: number): DecoderCellPlan[] {
  return Array.from({ length: blocks * cellsPerBlock }, (_, k) => {
    const last = k % cellsPerBlock === cellsPerBlock - 1;
    const width = channels * 2 ** (blocks - Math.floor(k / cellsPerBlock));
    const name = `postprocess.model.${k + 1}.model`;
    return planDecoderCell(name, width, last ? width / 2 : width, postprocessExpansion, last);
  });
}

function planEncoderBlocks(config: ModelConfig, groupsPerScale: readonly number[]): EncoderCellPlan[][] {
  return groupsPerScale.flatMap((groups, scale) => {
    const { channels } = scaleShape(config, scale);
    return Array.from({ length: groups }, (_, split) => {
      const name = `encoder_tower.model.enc_block_${scale + 1}.model.split_${split + 1}.model`;
      const keep = Array.from({ length: config.cellsPerSplitEnc }, (_, i) => {
        return planEncoderCell(`${name}.cell_encoder${i + 1}`, channels, channels, 1);
      });
      if (scale === 0 || split > 0) return keep;
      return [planEncoderCell(`${name}.down`, channels / 2, channels, 2), ...keep];
    });
  });
}

function planGroups(config: ModelConfig, groupsPerScale: readonly number[]): LatentGroupPlan[] {
  const scales = groupsPerScale.flatMap((groups, scale) => new Array<number>(groups).fill(scale)).reverse();
  const multiplier = (scale: number) =>
    4 ** (config.numberOfScales - 1 - scale) / (groupsPerScale[scale] ?? Number.NaN);
  const smallest = Math.min(...scales.map(multiplier));
  return scales.map((scale, level) => {
    const { channels, size } = scaleShape(config, scale);
    return {
      level,
      scale,
      size,
      channels,
      latentSize: config.latentSize,
      klMultiplier: multiplier(scale) / smallest,
      ...planMixer(level, channels, config.latentSize),
      flow: planFlow(`mixer.normal_flow_block.${level}`, {
        channels: config.latentSize,
        pairs: config.numFlows,
        weightNorm: config.flowWeightNorm,
      }),
      cells: planDecoderBlock(config, level, channels, scales[level + 1] ?? null, scale),
    };
  });
}

function planMixer(level: number, channels: number, latentSize: number) {
  const same = { kernel: 1, inChannels: channels, outChannels: channels };
  const toLatent = { inChannels: channels, outChannels: 2 * latentSize };
  return {
    encoderMixer: { ...same, name: `mixer.encoder_mixer.${level}.model${level === 0 ? '.1' : ''}` },
    encoderSampler: { ...toLatent, name: `mixer.encoder_sampler.${level}`, kernel: 3 },
    decoderSampler: level === 0 ? null : { ...toLatent, name: `mixer.decoder_sampler.${level}.1`, kernel: 1 },
    decoderMixer: { ...same, name: `mixer.decoder_mixer.${level}.model`, inChannels: channels + latentSize },
  };
}

/** Plans the block after a group: nothing after the last group; at the end of a scale, an upsampling cell first. */
function planDecoderBlock(
  config: ModelConfig,
  level: number,
  channels: number,
  nextScale: number | null,
  scale: number,
): DecoderCellPlan[] {
  if (nextScale === null) return [];
  const { decoderExpansion } = config;
  const name = `decoder_tower.blocks.${level}.model`;
  const upsamples = nextScale !== scale;
  const width = upsamples ? channels / 2 : channels;
  const keep = Array.from({ length: config.cellsPerInputDec }, (_, i) => {
    return planDecoderCell(`${name}.cell_decoder${i + 1}`, width, width, decoderExpansion, false);
  });
  if (!upsamples) return keep;
  return [planDecoderCell(`${name}.cell_decoder_upsample`, channels, width, decoderExpansion, true), ...keep];
}

type Parts = Omit<ModelPlan, 'config' | 'groupsPerScale' | 'parameters' | 'batchNorms'>;

/** Returns all cells, in the order in which the regularisation visits them. */
export function cellsOf(plan: Parts): CellLayers[] {
  const tower = plan.groups.flatMap((group) => group.cells);
  return [...plan.encoderBlocks.flat(), ...tower, ...plan.preprocess, ...plan.postprocess];
}

function parametersOf(plan: Parts): ParameterSpec[] {
  const { groups } = plan;
  const each = (pick: (group: LatentGroupPlan) => WeightNormPlan | null) =>
    groups.flatMap((group) => {
      const layer = pick(group);
      return layer ? weightNormParameters(layer) : [];
    });
  return [
    plan.decoderConstant,
    ...weightNormParameters(plan.stem),
    ...plan.preprocess.flatMap((cell) => cell.parameters),
    ...plan.encoderBlocks.flat().flatMap((cell) => cell.parameters),
    ...each((group) => group.encoderSampler),
    ...each((group) => group.encoderMixer),
    ...each((group) => group.decoderSampler),
    ...each((group) => group.decoderMixer),
    ...groups.flatMap((group) => group.flow.flatMap((cell) => cell.parameters)),
    ...groups.flatMap((group) => group.cells.flatMap((cell) => cell.parameters)),
    ...plan.postprocess.flatMap((cell) => cell.parameters),
    ...weightNormParameters(plan.head),
  ];
}
