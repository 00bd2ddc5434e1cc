import { type BytesOptions, type FileBytes, modelFileFromBytes } from '../checkpoint/bytes.js';
import type { Nvae } from '../model/nvae.js';
import { modelFrom } from './modelFrom.js';

/**
 * Loads a model from the bytes of a `.model` or a `.checkpoint` file, on the engine in use: `loadModel` for bytes, also in a
 * browser.
 * @param bytes the whole file; they stay the caller's
 * @param options a name for messages
 * @returns the model; the caller disposes it
 * @throws CheckpointError when the bytes are damaged, or do not contain the model of their configuration
 * @example
 * await useEngine('wasm', { wasmPaths: '/wasm/' });
 * const response = await fetch('/squares.model');
 * const model = await modelFromBytes(await response.arrayBuffer());
 */
export async function modelFromBytes(bytes: FileBytes, { name = 'bytes' }: BytesOptions = {}): Promise<Nvae> {
  return modelFrom(await modelFileFromBytes(bytes, name), name);
}
