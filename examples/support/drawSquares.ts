/** Draws a small dataset: coloured squares on white, one PNG each. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';

/** Creates `parent`/squares with 40 images and returns its path. */
export async function drawSquares(parent: string): Promise<string> {
  const folder = join(parent, 'squares');
  await mkdir(folder, { recursive: true });
  for (let i = 0; i < 40; i++) {
    const colour = { r: (i * 53) % 256, g: (i * 97) % 256, b: (i * 151) % 256 };
    const square = await sharp({ create: { width: 8, height: 8, channels: 3, background: colour } })
      .png()
      .toBuffer();
    await sharp({ create: { width: 16, height: 16, channels: 3, background: '#ffffff' } })
      .composite([{ input: square, left: i % 9, top: (i * 3) % 9 }])
      .png()
      .toFile(join(folder, `${i}.png`));
  }
  return folder;
}
