import type { FileHandle } from 'node:fs/promises';
import type { NamedTensors } from '../base/plainData.js';
import { safetensorsPieces } from './safetensorsPieces.js';
import { writePieces } from './writePieces.js';

/** Writes header and data at the start of an open file; does not sync or close it. */
export async function writeSafetensors(
  file: FileHandle,
  tensors: NamedTensors,
  metadata: ReadonlyMap<string, string>,
  bfloat16?: ReadonlySet<string>,
): Promise<void> {
  await writePieces(file, safetensorsPieces(tensors, metadata, bfloat16));
}
