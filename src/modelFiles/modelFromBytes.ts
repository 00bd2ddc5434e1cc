import type { FileBytes } from '../checkpoint/bytes.js';
import type { WeightsOptions } from '../checkpoint/weightSets.js';
import type { Nvae } from '../model/nvae.js';
import { anyModelFileFromBytes, type ReadBytesOptions } from './anyModelFileFromBytes.js';
import { modelFrom } from './modelFrom.js';

/**
 * Loads a model from the bytes of a `.model` or a `.checkpoint` file, ours or one of the PyTorch implementation, on the engine in
 * use: `loadModel` for bytes, also in a browser.
 * @param bytes the whole file; they stay the caller's
 * @param options a name for messages, the configuration of a PyTorch file, which weights to use, and a callback for warnings
 * @returns the model; the caller disposes it
 * @throws CheckpointError when the bytes are damaged, do not contain the model of their configuration or the weights, or are PyTorch's without one
 * @example
 * await useEngine('wasm', { wasmPaths: '/wasm/' });
 * const response = await fetch('/squares.model');
 * const model = await modelFromBytes(await response.arrayBuffer());
 */
export async function modelFromBytes(
  bytes: FileBytes,
  options: ReadBytesOptions & WeightsOptions = {},
): Promise<Nvae> {
  const file = await anyModelFileFromBytes(bytes, { ...options, weightsOnly: true });
  return modelFrom(file, options.name ?? 'bytes');
}
