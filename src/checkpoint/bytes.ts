/** Checkpoints and models as bytes in memory, in the same format as files; for Node and browsers. */
import { type Checkpoint, contentOf } from './checkpointContent.js';
import { type ModelFileContent, metadataOf } from './modelContent.js';
import type { SaveModelOptions } from './modelDtype.js';
import { portableSha256 } from './portableSha256.js';
import { safetensorsPieces } from './safetensorsPieces.js';
import { type ModelData, weightsOf } from './weightsOf.js';

/** The content of a file, as `fetch` or a file dialog gives it. */
export type FileBytes = Uint8Array | ArrayBuffer;

/** Options of the functions that write bytes. */
export interface BytesOptions {
  /** Name of the bytes in messages, and the `file` of a `CheckpointError`. @default 'bytes' */
  readonly name?: string;
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
 * Returns the bytes of a `.model` file: configuration and one set of weights, without the optimiser's state.
 * @param model a snapshot of a `Trainer`, or a checkpoint
 * @param options a name for messages, which weights to write, and the type of the parameters
 * @throws CheckpointError when there are no such weights, or a value is not finite, or too large for the type
 * @example
 * const bytes = await modelToBytes(await trainer.snapshot());
 */
export function modelToBytes(
  model: ModelData,
  { name = 'bytes', ...options }: BytesOptions & SaveModelOptions = {},
): Promise<Uint8Array> {
  return bytesFrom(weightsOf(model, name, options));
}

async function bytesFrom(content: ModelFileContent): Promise<Uint8Array> {
  const metadata = await metadataOf(content, portableSha256());
  const pieces = [...copies(safetensorsPieces(content.tensors, metadata, content.bfloat16))];
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
