/** The augmentations that a configuration can ask for. */
import type { AugmentationConfig } from '../config/types.js';
import type { Augmentation } from './augment.js';
import type { DecodedImage } from './recipe.js';

/** Mirrored, moved, then changed in colour; nothing is drawn for what is off. */
export function configuredAugmentation({
  horizontalFlip = false,
  crop = 0,
  brightness = 0,
  contrast = 0,
  saturation = 0,
}: Partial<AugmentationConfig>): Augmentation {
  const colour = brightness > 0 || contrast > 0 || saturation > 0;
  return (image, random) => {
    const offset = () => Math.floor((2 * crop + 1) * random()) - crop;
    const factor = (most: number) => (most > 0 ? 1 + most * (2 * random() - 1) : 1);
    let result = image;
    if (horizontalFlip && random() < 0.5) result = mirrored(result);
    if (crop > 0) result = moved(result, offset(), offset());
    if (colour) result = coloured(result, factor(brightness), factor(contrast), factor(saturation));
    return result;
  };
}

/** Left and right exchanged. */
export function mirrored(image: DecodedImage): DecodedImage {
  return rearranged(image, (row, column) => [row, image.size - 1 - column]);
}

/**
 * A crop of the same size, `down` and `right` of the image's own place. What lies beyond its edges is its reflection, in
 * which the edge itself is not repeated. Both offsets are smaller than the size.
 */
export function moved(image: DecodedImage, down: number, right: number): DecodedImage {
  const last = image.size - 1;
  const reflected = (i: number) => last - Math.abs(last - Math.abs(i));
  return rearranged(image, (row, column) => [reflected(row + down), reflected(column + right)]);
}

/** Every pixel times `brightness`, then its distance to the mean grey and to its own grey times the other factors. */
export function coloured(
  { name, size, pixels }: DecodedImage,
  brightness: number,
  contrast: number,
  saturation: number,
): DecodedImage {
  const greyAt = (at: number) => greyOf(pixels[at] ?? 0, pixels[at + 1] ?? 0, pixels[at + 2] ?? 0);
  let sum = 0;
  for (let at = 0; at < pixels.length; at += 3) sum += greyAt(at);
  const mean = (brightness * sum) / (size * size);
  // A clamped array rounds, and cuts off below 0 and above 255.
  const result = new Uint8ClampedArray(pixels.length);
  for (let at = 0; at < pixels.length; at += 3) {
    const grey = mean + contrast * (brightness * greyAt(at) - mean);
    for (let channel = at; channel < at + 3; channel += 1) {
      const value = mean + contrast * (brightness * (pixels[channel] ?? 0) - mean);
      result[channel] = grey + saturation * (value - grey);
    }
  }
  return { name, size, pixels: new Uint8Array(result.buffer) };
}

/** Luma of ITU-R BT.601, as image libraries have it. */
function greyOf(red: number, green: number, blue: number): number {
  return 0.299 * red + 0.587 * green + 0.114 * blue;
}

/** Each pixel taken from where `from` says, as row and column. */
function rearranged(
  { name, size, pixels }: DecodedImage,
  from: (row: number, column: number) => readonly [number, number],
): DecodedImage {
  const result = new Uint8Array(pixels.length);
  for (let row = 0; row < size; row += 1) {
    for (let column = 0; column < size; column += 1) {
      const [fromRow, fromColumn] = from(row, column);
      const source = 3 * (fromRow * size + fromColumn);
      const target = 3 * (row * size + column);
      result[target] = pixels[source] ?? 0;
      result[target + 1] = pixels[source + 1] ?? 0;
      result[target + 2] = pixels[source + 2] ?? 0;
    }
  }
  return { name, size, pixels: result };
}
