import { sourceOf } from '../checkpoint/byteSource.js';
import type { BytesOptions, FileBytes } from '../checkpoint/bytes.js';
import { CheckpointError } from '../checkpoint/checkpointError.js';
import type { ModelFile } from '../checkpoint/modelContent.js';
import { modelFileFrom } from '../checkpoint/modelFileFrom.js';
import { portableSha256 } from '../checkpoint/portableSha256.js';
import { safetensorsFrom } from '../checkpoint/safetensorsFrom.js';
import type { WeightsOptions } from '../checkpoint/weightSets.js';
import { selectedFile } from '../checkpoint/weightsOf.js';
import type { NvaeConfig } from '../config/types.js';
import { isTorchFile } from '../pytorch/isTorchFile.js';
import { torchFileFrom } from '../pytorch/torchFile.js';
import { checkArchitecture } from './checkArchitecture.js';
import { fromTorch } from './torch/fromTorch.js';

/** Options of the functions that read bytes. */
export interface ReadBytesOptions extends BytesOptions {
  /** Configuration of a PyTorch file, which does not contain it; `parseConfig` reads one from YAML. Our own files contain theirs, which must have the same architecture. */
  readonly config?: NvaeConfig;
  /** Called with what a user should know, such as a learning rate that differs from the configuration. */
  readonly onWarning?: (message: string) => void;
}

/**
 * Reads the bytes of a `.model` or `.checkpoint`, ours or PyTorch's: `readAnyModelFile` for bytes. Works without Node.
 * @throws CheckpointError when they are damaged, or PyTorch's without a configuration
 */
export async function anyModelFileFromBytes(
  bytes: FileBytes,
  {
    name = 'bytes',
    config,
    onWarning,
    weightsOnly = false,
    weights,
  }: ReadBytesOptions & WeightsOptions & { readonly weightsOnly?: boolean },
): Promise<ModelFile> {
  const source = sourceOf(bytes instanceof Uint8Array ? bytes : new Uint8Array(bytes));
  if (!(await isTorchFile(source))) {
    const own = await modelFileFrom(await safetensorsFrom(source, name), name, portableSha256());
    checkArchitecture(name, own.config, config);
    return weightsOnly ? selectedFile(own, name, { weights }) : own;
  }
  const configOf = () => {
    if (config) return config;
    throw new CheckpointError(
      name,
      'a PyTorch file does not contain its configuration; pass it as the option config',
    );
  };
  const options = { configOf, weightsOnly, weights, ...(onWarning && { onWarning }) };
  return fromTorch(await torchFileFrom(source, name), name, options);
}
