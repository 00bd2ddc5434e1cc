import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';

/** Draws `count` small pictures of a disc each, all different. */
export async function drawDiscs(folder: string, count: number, size = 16): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (let i = 0; i < count; i += 1) {
    const centre = size / 2 + 2 * Math.sin(i);
    const disc = `<circle cx="${centre}" cy="${size / 2}" r="${2 + (i % 5)}" fill="hsl(${(i * 47) % 360},80%,50%)"/>`;
    const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${size}" height="${size}"><rect width="100%" height="100%" fill="white"/>${disc}</svg>`;
    await sharp(Buffer.from(svg))
      .png()
      .toFile(join(folder, `disc_${String(i).padStart(3, '0')}.png`));
  }
}
