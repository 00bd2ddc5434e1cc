import { type FileHandle, open } from 'node:fs/promises';
import type { DecodedImage, Recipe } from 'rx-nvae';
import { concatMap, defer, map, type Observable, range } from 'rxjs';

/** The width of the model's images; a digit has 28 pixels, and gets a border of black ones. */
const size = 32;
const side = 28;
const border = (size - side) / 2;
const header = 16;

/**
 * Recipes of the digits in an IDX file. A source of recipes is all that the operators behind it need: they never learn
 * that there is no folder of images.
 *
 *     digits   -(abc|)     a.make() reads 784 bytes, not before its batch is made
 */
export function digits(path: string): Observable<Recipe<DecodedImage>> {
  return defer(() => reading(path, countOf)).pipe(
    concatMap((count) => range(0, count)),
    map((i) => ({
      images: 1,
      make: async () => {
        const grey = await reading(path, (file) => bytesOf(file, header + i * side * side, side * side));
        return { name: `${i}`, size, pixels: framed(grey) };
      },
    })),
  );
}

/** An IDX file begins with its type and the number of its images, each as four bytes, the largest first. */
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

/** Grey as RGB, in the middle of a black square. */
function framed(grey: Uint8Array): Uint8Array {
  const pixels = new Uint8Array(size * size * 3);
  for (let row = 0; row < side; row += 1) {
    for (let column = 0; column < side; column += 1) {
      const at = 3 * ((row + border) * size + column + border);
      pixels.fill(grey[row * side + column] ?? 0, at, at + 3);
    }
  }
  return pixels;
}
