/** Checkpoints and models as bytes in memory, in the same format as files; for Node and browsers. */
import { sourceOf } from './byteSource.js';
import { type Checkpoint, contentOf } from './checkpointContent.js';
import { checkpointFrom } from './checkpointFrom.js';
import { type ModelFile, type ModelFileContent, metadataOf } from './modelContent.js';
import { modelFileFrom } from './modelFileFrom.js';
import { portableSha256 } from './portableSha256.js';
import { safetensorsFrom } from './safetensorsFrom.js';
import { safetensorsPieces } from './safetensorsPieces.js';
import { type ModelData, weightsOf } from './weightsOf.js';

/** The content of a file, as `fetch` or a file dialog gives it. */
export type FileBytes = Uint8Array | ArrayBuffer;

/** Options of the functions that read and write bytes. */
export interface BytesOptions {
  /** Name of the bytes in messages, and the `file` of a `CheckpointError`. @default 'bytes' */
  readonly name?: string;
}

/**
 * Reads a checkpoint from the bytes of a `.checkpoint` file.
 * @param bytes the whole file; they stay the caller's
 * @param options a name for messages
 * @returns plain data, for `Trainer.restore`
 * @throws CheckpointError when the bytes are damaged, or are not a checkpoint
 * @example
 * const response = await fetch('demo.checkpoint');
 * const { config, state } = await checkpointFromBytes(await response.arrayBuffer());
 */
export async function checkpointFromBytes(
  bytes: FileBytes,
  { name = 'bytes' }: BytesOptions = {},
): Promise<Checkpoint> {
  return checkpointFrom(await modelFileFromBytes(bytes, name), name);
}

/**
 * Returns the bytes of a `.checkpoint` file.
 * @param checkpoint a snapshot of a `Trainer`, with the position in its data if that is known
 * @param options a name for messages
 * @throws CheckpointError when a value is not finite
 * @example
 * const bytes = await checkpointToBytes(await trainer.snapshot());
 */
export function checkpointToBytes(
  checkpoint: Checkpoint,
  { name = 'bytes' }: BytesOptions = {},
): Promise<Uint8Array> {
  return bytesFrom(contentOf(checkpoint, name));
}

/**
 * Returns the bytes of a `.model` file: configuration and weights, without the optimiser's state.
 * @param model a snapshot of a `Trainer`, or a checkpoint
 * @param options a name for messages
 * @throws CheckpointError when a value is not finite
 * @example
 * const bytes = await modelToBytes(await trainer.snapshot());
 */
export function modelToBytes(model: ModelData, { name = 'bytes' }: BytesOptions = {}): Promise<Uint8Array> {
  return bytesFrom(weightsOf(model, name));
}

/**
 * Reads the bytes of a `.model` or `.checkpoint` file.
 * @throws CheckpointError when they are damaged, or not from one of our files
 */
export async function modelFileFromBytes(bytes: FileBytes, name: string): Promise<ModelFile> {
  const source = sourceOf(bytes instanceof Uint8Array ? bytes : new Uint8Array(bytes));
  return modelFileFrom(await safetensorsFrom(source, name), name, portableSha256());
}

async function bytesFrom(content: ModelFileContent): Promise<Uint8Array> {
  const metadata = await metadataOf(content, portableSha256());
  const pieces = [...copies(safetensorsPieces(content.tensors, metadata))];
  const [only] = pieces;
  if (only && pieces.length === 1) return only;
  const bytes = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let position = 0;
  for (const piece of pieces) {
    bytes.set(piece, position);
    position += piece.length;
  }
  return bytes;
}

/** Copies each piece, because its memory is reused for the next. */
function* copies(pieces: Iterable<Uint8Array>): Generator<Uint8Array> {
  for (const piece of pieces) yield piece.slice();
}
