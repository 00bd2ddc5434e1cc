/** Small datasets on disk. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';

/** A PNG of one colour. */
export function png(red: number, green: number, blue: number, width = 12, height = 10): Promise<Buffer> {
  const background = { r: red, g: green, b: blue };
  return sharp({ create: { width, height, channels: 3, background } })
    .png()
    .toBuffer();
}

/** Writes `count` images named `00.png`, ..., to the folder, each in its own colour. */
export async function writePictures(folder: string, count: number): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (let i = 0; i < count; i += 1) {
    const name = `${String(i).padStart(2, '0')}.png`;
    await writeFile(join(folder, name), await png((i * 53) % 256, (i * 97) % 256, 255 - ((i * 31) % 256)));
  }
}
