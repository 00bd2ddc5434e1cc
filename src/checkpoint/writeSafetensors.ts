import type { FileHandle } from 'node:fs/promises';
import type { NamedTensors } from '../base/plainData.js';
import { safetensorsPieces } from './safetensorsPieces.js';

/** Writes header and data at the start of an open file; does not sync or close it. */
export async function writeSafetensors(
  file: FileHandle,
  tensors: NamedTensors,
  metadata: ReadonlyMap<string, string>,
): Promise<void> {
  let position = 0;
  for (const piece of safetensorsPieces(tensors, metadata))
    position = await writeFully(file, piece, position);
}

async function writeFully(file: FileHandle, bytes: Uint8Array, position: number): Promise<number> {
  let done = 0;
  while (done < bytes.length) {
    done += (await file.write(bytes, done, bytes.length - done, position + done)).bytesWritten;
  }
  return position + done;
}
