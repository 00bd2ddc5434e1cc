/**
 * Draws pictures as text: each character cell shows two pixels, one above the other, as a half block. Pure: the caller decides
 * whether the terminal shows colours at all.
 */
import type { ImageBatch } from '../base/plainData.js';
import type { PictureDepth } from './pictures/colourDepth.js';
import { nearestOf16, nearestOf256, type Rgb } from './pictures/nearestColour.js';

const reset = '\u001b[0m';

/**
 * The first image of `images` as lines of half blocks, at most `columns` characters wide, in the colours of the given depth. A
 * larger image is reduced by averaging; a smaller one is shown pixel by pixel.
 */
export function halfBlocks(images: ImageBatch, columns: number, depth: PictureDepth = 24): string[] {
  const [, height, width] = images.shape;
  const factor = Math.max(1, Math.ceil(width / Math.max(1, columns)));
  const rows = Math.floor(height / factor);
  const cells = Math.floor(width / factor);
  const codes = colourCodes[depth];
  const lines: string[] = [];
  for (let row = 0; row < rows; row += 2) {
    let line = '';
    for (let column = 0; column < cells; column++) {
      const upper = codes(colour(images, row, column, factor), front);
      const lower = row + 1 < rows ? codes(colour(images, row + 1, column, factor), back) : '49';
      line += `\u001b[${upper}m\u001b[${lower}m▀`;
    }
    lines.push(line + reset);
  }
  return lines;
}

/** Offsets of the colour codes for the character and its background. */
const [front, back] = [0, 10];

/** Parameters that select a colour. */
const colourCodes: Record<PictureDepth, (colour: Rgb, place: number) => string> = {
  24: (rgb, place) => `${38 + place};2;${rgb.join(';')}`,
  8: (rgb, place) => `${38 + place};5;${nearestOf256(rgb)}`,
  4: (rgb, place) => {
    const number = nearestOf16(rgb);
    return String((number < 8 ? 30 : 90 - 8) + number + place);
  },
};

/** Mean colour of one pixel of the reduced image. */
function colour(images: ImageBatch, row: number, column: number, factor: number): Rgb {
  const width = images.shape[2];
  let [red, green, blue] = [0, 0, 0];
  for (let y = row * factor; y < (row + 1) * factor; y++) {
    for (let x = column * factor; x < (column + 1) * factor; x++) {
      const at = (y * width + x) * 3;
      red += images.pixels[at]!;
      green += images.pixels[at + 1]!;
      blue += images.pixels[at + 2]!;
    }
  }
  const count = factor * factor;
  return [Math.round(red / count), Math.round(green / count), Math.round(blue / count)];
}
