/** Writes the digits of MNIST as PNG files, for commands that read folders. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { itemAt } from '../../src/data/itemsOf.js';
import { type MnistPart, mnistDigits } from './mnistDigits.js';

const side = 28;

/**
 * Writes digits of a part to a folder as 00000.png, 00001.png, ...: grey, losslessly.
 * @param folder created if it is missing
 * @param count the first ones; all by default
 * @returns the number of files
 */
export async function writeMnist(part: MnistPart, folder: string, count?: number): Promise<number> {
  const digits = await mnistDigits(part);
  const { signal } = new AbortController();
  const items = await digits.items(signal, () => undefined);
  const total = Math.min(count ?? items.length, items.length);
  await mkdir(folder, { recursive: true });
  for (let index = 0; index < total; index += 1) {
    const item = itemAt(items, index);
    const pixels = await digits.decode(item, side, signal);
    const raw = { width: side, height: side, channels: 1 } as const;
    await writeFile(join(folder, item.name), await sharp(pixels, { raw }).png().toBuffer());
  }
  return total;
}
