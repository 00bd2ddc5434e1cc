import { type FileHandle, open } from 'node:fs/promises';
import { type Dataset, datasetOf } from 'rx-nvae';

const side = 28;
const header = 16;

/**
 * The digits in an IDX file as a dataset: item 7 is the eighth digit. Decoding a digit reads its 784 bytes, so the complete file is
 * never in memory.
 */
export async function digits(path: string): Promise<Dataset> {
  const count = await reading(path, countOf);
  return datasetOf(
    count,
    async (index, size) => {
      const begin = header + index * side * side;
      return framed(await reading(path, (file) => bytesOf(file, begin, side * side)), size);
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

/** Grey as RGB, centred in a black square of the model's size. */
function framed(grey: Uint8Array, size: number): Uint8Array {
  const border = (size - side) / 2;
  const pixels = new Uint8Array(size * size * 3);
  for (let row = 0; row < side; row += 1) {
    for (let column = 0; column < side; column += 1) {
      const at = 3 * ((row + border) * size + column + border);
      pixels.fill(grey[row * side + column] ?? 0, at, at + 3);
    }
  }
  return pixels;
}
