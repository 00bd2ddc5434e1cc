import type { WeightsOptions } from '../../checkpoint/weightSets.js';
import { withFile } from '../../checkpoint/withFile.js';
import { loadConfig } from '../../config/loadConfig.js';
import type { NvaeConfig } from '../../config/types.js';
import { torchFileFrom } from '../../pytorch/torchFile.js';
import { type ConvertedFile, fromTorch } from './fromTorch.js';
import { torchConfig } from './torchConfig.js';
import type { OnMisfit } from './torchWeights.js';

/** Options of the functions that read a model from a file. */
export interface ReadModelOptions {
  /**
   * Configuration of a PyTorch file, which does not contain it: a configuration, or a name or path for `loadConfig`. Our own files
   * contain theirs, which must have the same architecture. @default the YAML file beside it or the known configuration that has the name in the file
   */
  readonly config?: NvaeConfig | string;
  /** Called with what a user should know, such as a learning rate that differs from the configuration. */
  readonly onWarning?: (message: string) => void;
}

/** What is needed of a file. */
export interface Needs extends ReadModelOptions, WeightsOptions {
  /** Whether only the weights are needed: then the result is a model, whatever the file is. @default false */
  readonly weightsOnly?: boolean;
  /** Called for each tensor of a PyTorch file that does not fit, as in `FromTorchOptions`. */
  readonly onMisfit?: OnMisfit | undefined;
  /** Seed of the run that goes on from a PyTorch checkpoint, which has none. @default that of the configuration */
  readonly seed?: number;
}

/** A file of the PyTorch implementation, converted. */
interface Converted {
  readonly file: ConvertedFile;
  /** Name or path of its configuration; null if the caller gave the configuration itself. */
  readonly configuration: string | null;
}

/**
 * Reads a file of the PyTorch implementation, whatever its extension.
 * @throws CheckpointError when the file is missing, damaged or not PyTorch's, or its configuration is not found
 * @throws ConfigError when its configuration is invalid
 */
export function readTorchFile(path: string, { config, ...options }: Needs): Promise<Converted> {
  return withFile(path, async (source) => {
    let configuration: string | null = null;
    const configOf = async (modelArch: string | null) => {
      if (typeof config === 'object') return config;
      configuration = config ?? (await torchConfig(path, modelArch));
      return loadConfig(configuration);
    };
    const file = await fromTorch(await torchFileFrom(source, path), path, { ...options, configOf });
    return { file, configuration };
  });
}
