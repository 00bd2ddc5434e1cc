/**
 * Draws pictures as text: each character cell shows two pixels, one above the other, as a half block. Pure: the caller decides
 * whether the terminal shows colours at all.
 */
import { colourPixels } from '../base/colourPixels.js';
import type { ImageBatch } from '../base/plainData.js';
import type { PictureDepth } from './pictures/colourDepth.js';
import { nearestOf16, nearestOf256, type Rgb } from './pictures/nearestColour.js';

const reset = '\u001b[0m';

/**
 * The first image of `images` as lines of half blocks, at most `columns` characters wide, in the colours of the given depth. A
 * larger image is reduced by averaging; a smaller one is shown pixel by pixel.
 */
export function halfBlocks(images: ImageBatch, columns: number, depth: PictureDepth = 24): string[] {
  const [, height, width, channels] = images.shape;
  const length = height * width * channels;
  const pixels = channels === 1 ? colourPixels(images.pixels.subarray(0, length)) : images.pixels;
  const factor = Math.max(1, Math.ceil(width / Math.max(1, columns)));
  const rows = Math.floor(height / factor);
  const cells = Math.floor(width / factor);
  const codes = colourCodes[depth];
  const lines: string[] = [];
  for (let row = 0; row < rows; row += 2) {
    let line = '';
    for (let column = 0; column < cells; column++) {
      const upper = codes(colour(pixels, width, { row, column, factor }), front);
      const lower =
        row + 1 < rows ? codes(colour(pixels, width, { row: row + 1, column, factor }), back) : '49';
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

/** A pixel of the reduced image, which is `factor` times smaller. */
interface Reduced {
  readonly row: number;
  readonly column: number;
  readonly factor: number;
}

/** Mean colour of one pixel of the reduced image. */
function colour(pixels: Uint8Array, width: number, { row, column, factor }: Reduced): Rgb {
  let [red, green, blue] = [0, 0, 0];
  for (let y = row * factor; y < (row + 1) * factor; y++) {
    for (let x = column * factor; x < (column + 1) * factor; x++) {
      const at = (y * width + x) * 3;
      red += pixels[at]!;
      green += pixels[at + 1]!;
      blue += pixels[at + 2]!;
    }
  }
  const count = factor * factor;
  return [Math.round(red / count), Math.round(green / count), Math.round(blue / count)];
}
