/** Strict reading of safetensors files, in pieces, so that files over 2 GiB work too. */

import type { FileHandle } from 'node:fs/promises';
import { totalmem } from 'node:os';
import { messageOf } from '../base/errors.js';
import { openFile } from '../base/files.js';
import { describeValue } from '../base/messageText.js';
import type { NamedTensors, TensorData } from '../base/plainData.js';
import { CheckpointError } from './checkpointError.js';
import type { SafetensorsHeader, TensorEntry } from './safetensorsHeader.js';
import { damaged, largestHeader, parseHeader } from './safetensorsHeader.js';

export interface SafetensorsFile {
  readonly metadata: ReadonlyMap<string, string>;
  readonly tensors: NamedTensors;
}

/** Bytes per read call. */
const pieceSize = 16 * 2 ** 20;

/**
 * Read a whole file. 64-bit integers become 32-bit ones.
 * @throws CheckpointError when the file is missing, damaged, or holds integers that do not fit
 */
export function readSafetensors(path: string): Promise<SafetensorsFile> {
  return withFile(path, async (file) => {
    const { header, dataStart } = await readHeader(file, path);
    const { size } = await file.stat();
    // A file can be longer than the disk, where it has holes.
    const memory = Math.min(totalmem(), process.constrainedMemory() || Number.POSITIVE_INFINITY);
    if (size > memory) {
      throw new CheckpointError(
        path,
        `cannot be read: its ${size} bytes are more than this machine's memory`,
      );
    }
    const tensors = new Map<string, TensorData>();
    for (const [name, entry] of header.tensors) {
      tensors.set(name, await readTensor(file, path, name, entry, dataStart));
    }
    return { metadata: header.metadata, tensors };
  });
}

/**
 * Read only the header, whatever the file's size.
 * @throws CheckpointError when the file is missing or damaged as far as the header and the file's length tell
 */
export function readSafetensorsHeader(path: string): Promise<SafetensorsHeader> {
  return withFile(path, async (file) => (await readHeader(file, path)).header);
}

async function withFile<T>(path: string, use: (file: FileHandle) => Promise<T>): Promise<T> {
  let file: FileHandle | undefined;
  try {
    file = await openFile(path);
    return await use(file);
  } catch (error) {
    if (error instanceof CheckpointError) throw error;
    throw new CheckpointError(path, `cannot be read: ${messageOf(error)}`, { cause: error });
  } finally {
    await file?.close();
  }
}

async function readHeader(
  file: FileHandle,
  path: string,
): Promise<{ header: SafetensorsHeader; dataStart: number }> {
  const status = await file.stat();
  if (status.size < 8) throw damaged(path, `expected at least 8 bytes, got ${status.size}`);
  const prefix = new DataView(new ArrayBuffer(8));
  await readFully(file, path, new Uint8Array(prefix.buffer), 0);
  const length = prefix.getBigUint64(0, true);
  const most = Math.min(largestHeader, status.size - 8);
  if (length > BigInt(most)) throw damaged(path, `expected a header of at most ${most} bytes, got ${length}`);
  const bytes = new Uint8Array(Number(length));
  await readFully(file, path, bytes, 8);
  const dataStart = 8 + bytes.length;
  return { header: parseHeader(bytes, status.size - dataStart, path), dataStart };
}

async function readTensor(
  file: FileHandle,
  path: string,
  name: string,
  { dtype, shape, begin, end }: TensorEntry,
  dataStart: number,
): Promise<TensorData> {
  const bytes = new Uint8Array(end - begin);
  await readFully(file, path, bytes, dataStart + begin);
  if (dtype === 'F32') return { dtype: 'float32', shape, data: new Float32Array(bytes.buffer) };
  if (dtype === 'I32') return { dtype: 'int32', shape, data: new Int32Array(bytes.buffer) };
  const wide = new BigInt64Array(bytes.buffer);
  const data = Int32Array.from(wide, Number);
  const misfit = wide.findIndex((value, i) => value !== BigInt(data[i] ?? 0));
  if (misfit >= 0)
    throw damaged(path, `${describeValue(name)}: expected integers of 32 bits, got ${wide[misfit]}`);
  return { dtype: 'int32', shape, data };
}

async function readFully(
  file: FileHandle,
  path: string,
  target: Uint8Array,
  position: number,
): Promise<void> {
  let done = 0;
  while (done < target.length) {
    const length = Math.min(pieceSize, target.length - done);
    const { bytesRead } = await file.read(target, done, length, position + done);
    if (bytesRead === 0) throw damaged(path, `expected ${target.length} bytes at ${position}, got ${done}`);
    done += bytesRead;
  }
}
