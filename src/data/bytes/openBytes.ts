import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { messageOf } from '../../base/errors.js';
import { type ByteSource, fileSource } from './byteSource.js';
import { spooled } from './spooled.js';

/** The bytes of a file; of one that is compressed with gzip, those that it decompresses to. The caller closes it. */
export async function openBytes(path: string): Promise<ByteSource> {
  const file = await fileSource(path);
  const start = await file.read(0, 2);
  return start[0] === 0x1f && start[1] === 0x8b ? decompressed(path) : file;
}

/** @throws Error that says what to do */
async function decompressed(path: string): Promise<ByteSource> {
  const gunzip = createGunzip();
  const reading = pipeline(createReadStream(path, { highWaterMark: 2 ** 20 }), gunzip);
  try {
    const [source] = await Promise.all([spooled(gunzip), reading]);
    return source;
  } catch (error) {
    const problem = `it cannot be decompressed (${messageOf(error)})`;
    throw new Error(`${problem}; download it again, or decompress it with gunzip`, { cause: error });
  }
}
