import { type FileHandle, open } from 'node:fs/promises';
import { type Dataset, datasetOf } from 'rx-nvae';

const side = 28;
const header = 16;

/**
 * The digits in an IDX file as a dataset of grey images: item 7 is the eighth digit. Decoding a digit reads its 784 bytes, so the
 * complete file is never in memory.
 */
export async function digits(path: string): Promise<Dataset> {
  const count = await reading(path, countOf);
  return datasetOf(
    count,
    async (index, size) => {
      if (size !== side) throw new RangeError(`expected a model of ${side} pixels, got one of ${size}`);
      const begin = header + index * side * side;
      return reading(path, (file) => bytesOf(file, begin, side * side));
    },
    { name: 'mnist' },
  );
}

/** An IDX file begins with its type and the number of its images, each as four bytes in big-endian order. */
async function countOf(file: FileHandle): Promise<number> {
  const bytes = await bytesOf(file, 0, 8);
  if (bytes.readUInt32BE(0) !== 0x0803) throw new Error('expected an IDX file of images, got another file');
  return bytes.readUInt32BE(4);
}

async function bytesOf(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const { bytesRead, buffer } = await file.read(Buffer.alloc(length), 0, length, position);
  if (bytesRead < length) throw new Error('expected a whole IDX file, got one that ends too early');
  return buffer;
}

async function reading<T>(path: string, read: (file: FileHandle) => Promise<T>): Promise<T> {
  const file = await open(path);
  try {
    return await read(file);
  } finally {
    await file.close();
  }
}
