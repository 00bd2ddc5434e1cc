/** What a stream delivers, for random access: in memory, or beyond a limit in a file. */
import type { Readable } from 'node:stream';
import { readUpTo } from '../../base/files.js';
import { cacheFolders } from '../cacheFolders.js';
import { orUnread } from '../unreadImageError.js';
import { type ByteSource, memorySource } from './byteSource.js';
import { type TemporaryFile, temporaryFile } from './temporaryFile.js';

export interface SpoolOptions {
  /** Bytes in memory, at most; more go to a file. @default what others leave of 256 MiB */
  readonly memoryLimit?: number;
  /** Folder of that file. @default the first writable one of `cacheFolders` */
  readonly folders?: readonly string[];
  /** Bytes that the file leaves free on its disk. @default 1 GiB */
  readonly reserve?: number;
}

const memoryOfAll = 2 ** 28;
/** Bytes in memory of everything that is not closed: a dataset may have hundreds of compressed files. */
let inMemory = 0;

/**
 * Reads a stream to its end. The file disappears with the process, however that ends.
 * @throws the error of the stream, or one that says that there is no room
 */
export async function spooled(
  stream: Readable,
  { memoryLimit = memoryOfAll - inMemory, folders = cacheFolders(), reserve = 2 ** 30 }: SpoolOptions = {},
): Promise<ByteSource> {
  let chunks: Buffer[] = [];
  let [size, file]: [number, TemporaryFile | null] = [0, null];
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      size += chunk.length;
      if (file === null && size <= memoryLimit) continue;
      file ??= await temporaryFile(folders, 'decompressed', reserve);
      if (!(await file?.hasRoom(chunk.length))) throw noRoom(size, folders);
      for (const bytes of chunks) await file?.handle.writeFile(bytes);
      chunks = [];
    }
  } catch (error) {
    await file?.close();
    throw error;
  }
  return file === null ? countedSource(Buffer.concat(chunks)) : handleSource(file, size);
}

function countedSource(bytes: Buffer): ByteSource {
  inMemory += bytes.length;
  let isOpen = true;
  const close = async () => {
    if (isOpen) inMemory -= bytes.length;
    isOpen = false;
  };
  return { ...memorySource(bytes), close };
}

function noRoom(size: number, folders: readonly string[]): Error {
  const place = folders.join(' or ');
  return new Error(
    `there is no room in ${place} for what it decompresses to, more than ${size} bytes; decompress it yourself`,
  );
}

function handleSource({ handle, close }: TemporaryFile, size: number): ByteSource {
  const read = (position: number, length: number) =>
    orUnread(readUpTo(handle, Math.max(0, Math.min(length, size - position)), position));
  return { size, read, close };
}
