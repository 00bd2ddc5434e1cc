/**
 * Pictures as text: each character cell shows two pixels, one above the other, as a half block in 24-bit colour.
 * Pure: the caller decides whether the terminal shows colours at all.
 */
import type { ImageBatch } from '../model/plainData.js';

const reset = '\u001b[0m';

/**
 * The first image of `images` as lines of half blocks, at most `columns` characters wide. A larger image is reduced by
 * averaging; a smaller one is shown pixel by pixel.
 */
export function halfBlocks(images: ImageBatch, columns: number): string[] {
  const [, height, width] = images.shape;
  const factor = Math.max(1, Math.ceil(width / Math.max(1, columns)));
  const rows = Math.floor(height / factor);
  const cells = Math.floor(width / factor);
  const lines: string[] = [];
  for (let row = 0; row < rows; row += 2) {
    let line = '';
    for (let column = 0; column < cells; column++) {
      const upper = colour(images, row, column, factor);
      const lower = row + 1 < rows ? colour(images, row + 1, column, factor) : undefined;
      const background = lower ? `\u001b[48;2;${lower}m` : '\u001b[49m';
      line += `\u001b[38;2;${upper}m${background}▀`;
    }
    lines.push(line + reset);
  }
  return lines;
}

/** Mean colour of one reduced pixel, as the terminal wants it: "red;green;blue". */
function colour(images: ImageBatch, row: number, column: number, factor: number): string {
  const width = images.shape[2];
  const sums = [0, 0, 0];
  for (let y = row * factor; y < (row + 1) * factor; y++) {
    for (let x = column * factor; x < (column + 1) * factor; x++) {
      for (let c = 0; c < 3; c++) sums[c]! += images.pixels[(y * width + x) * 3 + c]!;
    }
  }
  return sums.map((sum) => Math.round(sum / (factor * factor))).join(';');
}
