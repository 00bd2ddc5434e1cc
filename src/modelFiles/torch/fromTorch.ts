/** Converts the content of a PyTorch file into the content of one of our files. Works without Node. */
import { describeValue } from '../../base/messageText.js';
import type { NamedTensors } from '../../base/plainData.js';
import { type Checkpoint, contentOf } from '../../checkpoint/checkpointContent.js';
import { CheckpointError } from '../../checkpoint/checkpointError.js';
import { checkFinite } from '../../checkpoint/finite.js';
import type { FileKind, ModelFile } from '../../checkpoint/modelContent.js';
import { selectWeights, type WeightsOptions } from '../../checkpoint/weightSets.js';
import type { NvaeConfig } from '../../config/types.js';
import type { TorchFile } from '../../pytorch/torchFile.js';
import { torchDifferences } from './torchDifferences.js';
import { type TorchDict, torchEntries } from './torchEntries.js';
import { type TorchEntry, torchLayout } from './torchLayout.js';
import { checkTorchLimits } from './torchLimits.js';
import {
  isOtherOptimizer,
  stepOf,
  type TorchOptimizer,
  type TorchSlots,
  torchOptimizer,
  torchSlots,
} from './torchOptimizer.js';
import { positionOf } from './torchPosition.js';
import { type OnMisfit, readWeights, type TorchWeight, torchWeights } from './torchWeights.js';

export interface FromTorchOptions extends WeightsOptions {
  /** Finds the configuration, which is not in the file. `modelArch` is any text, or null if the file has none. */
  readonly configOf: (modelArch: string | null) => NvaeConfig | Promise<NvaeConfig>;
  /** Whether only the weights are needed, so that the result is a model. @default false */
  readonly weightsOnly?: boolean;
  /** Seed of the run that goes on from a checkpoint, which has none. @default that of the configuration */
  readonly seed?: number;
  /**
   * Called for each tensor that does not fit the configuration, which is then left out. Only with `weightsOnly`.
   * @default a tensor that does not fit is an error
   */
  readonly onMisfit?: OnMisfit | undefined;
  /** Called with what a user should know, such as a learning rate that differs from the configuration. */
  readonly onWarning?: (message: string) => void;
}

/** A PyTorch file as one of ours. */
export interface ConvertedFile extends ModelFile {
  readonly kind: FileKind;
}

/**
 * Converts a model or a checkpoint. Names and shapes are all checked before any value is read.
 * @param where names the file in messages
 * @throws CheckpointError when it is damaged, does not fit the configuration, or contains a value that is not finite
 */
export async function fromTorch(
  file: TorchFile,
  where: string,
  {
    configOf,
    weightsOnly = false,
    weights: wanted,
    seed,
    onMisfit,
    onWarning = () => undefined,
  }: FromTorchOptions,
): Promise<ConvertedFile> {
  const { stateDict, modelArch, run } = torchEntries(file.content, where);
  const config = await configOf(modelArch);
  // With onMisfit, a caller takes the tensors that a configuration of another kind has in common with the file.
  if (!(weightsOnly && onMisfit)) {
    checkTorchLimits(config, where, 'pass the configuration that the file was trained with');
  }
  selectWeights({ tensors: new Map() }, wanted, where); // there is no average in such files
  const layout = layoutOf(config, where);
  const weights = torchWeights(stateDict, layout, where, config.name, weightsOnly ? onMisfit : undefined);
  const optimizer = run && torchOptimizer(run, where);
  const warn = (problem: string) => onWarning(`${where}: ${problem}`);
  if (run && optimizer && !weightsOnly) {
    const { kind, tensors, metadata } = contentOf(
      await checkpointOf(file, { run, optimizer, weights, config, seed, where, warn }),
      where,
    );
    return { kind, config, tensors, metadata: new Map(Object.entries(metadata)) };
  }
  // A damaged state of the optimiser is damage, even if it is not needed; that of another optimiser is none.
  const isWhole = weights.length === layout.length;
  if (isWhole && optimizer && !isOtherOptimizer(optimizer))
    torchSlots(optimizer, parametersOf(layout), where);
  const tensors = await readWeights(file, weights, where);
  checkFinite(where, tensors);
  warnIfUntrained(tensors, warn);
  return { kind: 'model', config, tensors, metadata: new Map() };
}

interface Parts {
  readonly run: TorchDict;
  readonly optimizer: TorchOptimizer;
  readonly weights: readonly TorchWeight[];
  readonly config: NvaeConfig;
  readonly seed: number | undefined;
  readonly where: string;
  readonly warn: (problem: string) => void;
}

async function checkpointOf(
  file: TorchFile,
  { run, optimizer, weights, config, seed = config.training.seed, where, warn }: Parts,
): Promise<Checkpoint> {
  const slots = torchSlots(optimizer, parametersOf(weights), where);
  const updates = await updatesOf(file, slots, where);
  const position = positionOf(run, updates, where);
  const { epoch } = position;
  const moments = [...slots.map(({ momentum }) => momentum), ...slots.map(({ maximum }) => maximum)];
  const tensors = await readWeights(file, [...weights, ...moments], where);
  for (const difference of torchDifferences(run, optimizer.group, position, config)) warn(difference);
  const state = { seed, position, optimizerUpdates: updates };
  return { config, tensors, state, dataPosition: { epoch, imagesTaken: 0 } };
}

/** The number of updates, which all parameters have in common. */
async function updatesOf(file: TorchFile, slots: readonly TorchSlots[], where: string): Promise<number> {
  let updates: number | null = null;
  for (const { step, parameter } of slots) {
    const own = await stepOf(file, step, where);
    if (updates !== null && own !== updates) {
      throw new CheckpointError(
        where,
        `its optimiser has made ${own} steps for ${parameter}, expected ${updates} as for the others`,
      );
    }
    updates = own;
  }
  return updates ?? 0;
}

function layoutOf(config: NvaeConfig, where: string): TorchEntry[] {
  try {
    return torchLayout(config.model);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    const problem = `the configuration ${describeValue(config.name)} does not describe a model: ${error.message}`;
    throw new CheckpointError(where, problem, { cause: error });
  }
}

function parametersOf<T extends TorchEntry>(entries: readonly T[]): T[] {
  return entries.filter(({ kind }) => kind === 'parameter');
}

/** A configuration without epochs trains nothing in the PyTorch implementation, and still gets a model. */
function warnIfUntrained(tensors: NamedTensors, warn: (problem: string) => void): void {
  const counters = [...tensors.values()].filter(({ dtype }) => dtype === 'int32');
  if (counters.length === 0 || counters.some(({ data }) => data[0] !== 0)) return;
  warn('it has never seen a batch, so its weights are random');
}
