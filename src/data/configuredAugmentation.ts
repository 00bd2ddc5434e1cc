/** The augmentations that a configuration can enable. */
import { binarized } from '../base/binarized.js';
import type { AugmentationConfig } from '../config/types.js';
import { channelsOf } from './channelsOf.js';
import type { DecodedImage } from './decodedImage.js';

/** The augmentations of images that have the model's size; a random crop is where they get it. */
export type PixelAugmentation = Omit<AugmentationConfig, 'randomCrop'>;

/**
 * Flips, crops, changes colours, then binarises; disabled augmentations draw no random number. Grey images stay grey, and
 * saturation does not change them.
 */
export function configuredAugmentation({
  horizontalFlip = false,
  crop = 0,
  brightness = 0,
  contrast = 0,
  saturation = 0,
  binarize = 'none',
}: Partial<PixelAugmentation>): (image: DecodedImage, random: () => number) => DecodedImage {
  const colour = brightness > 0 || contrast > 0 || saturation > 0;
  return (image, random) => {
    let result = image;
    if (horizontalFlip && random() < 0.5) result = mirrored(result);
    if (crop > 0) result = moved(result, offset(crop, random), offset(crop, random));
    if (colour)
      result = coloured(
        result,
        factor(brightness, random),
        factor(contrast, random),
        factor(saturation, random),
      );
    if (binarize !== 'none') result = { ...result, pixels: binarized(result.pixels, binarize, random) };
    return result;
  };
}

/** A uniform random integer from -most to most. */
function offset(most: number, random: () => number): number {
  return Math.floor((2 * most + 1) * random()) - most;
}

/** A random factor around 1; draws no random number if it can only be 1. */
function factor(most: number, random: () => number): number {
  return most > 0 ? 1 + most * (2 * random() - 1) : 1;
}

/** Swaps left and right. */
export function mirrored(image: DecodedImage): DecodedImage {
  const { name, size, pixels } = image;
  const result = new Uint8Array(pixels); // a Buffer's slice would not be a copy
  if (channelsOf(image) === 1) {
    for (let begin = 0; begin < result.length; begin += size) result.subarray(begin, begin + size).reverse();
    return { name, size, pixels: result };
  }
  for (let begin = 0; begin < result.length; begin += 3 * size) {
    for (let left = begin, right = begin + 3 * (size - 1); left < right; left += 3, right -= 3) {
      exchange(result, left, right);
      exchange(result, left + 1, right + 1);
      exchange(result, left + 2, right + 2);
    }
  }
  return { name, size, pixels: result };
}

function exchange(values: Uint8Array, a: number, b: number): void {
  const value = values[a] as number;
  values[a] = values[b] as number;
  values[b] = value;
}

/**
 * A crop of the same size, moved by `down` and `right`. Pixels beyond the edges are reflections that do not repeat the edge
 * itself. Both offsets are smaller than the size.
 */
export function moved(image: DecodedImage, down: number, right: number): DecodedImage {
  const { name, size, pixels } = image;
  const isGrey = channelsOf(image) === 1;
  const last = size - 1;
  const reflected = (i: number) => last - Math.abs(last - Math.abs(i));
  const result = new Uint8Array(pixels.length);
  for (let row = 0; row < size; row += 1) {
    if (isGrey) {
      const begin = size * reflected(row + down);
      for (let column = 0; column < size; column += 1) {
        result[row * size + column] = pixels[begin + reflected(column + right)] as number;
      }
      continue;
    }
    const begin = 3 * size * reflected(row + down);
    for (let column = 0; column < size; column += 1) {
      const source = begin + 3 * reflected(column + right);
      const target = 3 * (row * size + column);
      result[target] = pixels[source] as number;
      result[target + 1] = pixels[source + 1] as number;
      result[target + 2] = pixels[source + 2] as number;
    }
  }
  return { name, size, pixels: result };
}

/** Multiplies every pixel by `brightness`, then its distance to the mean grey and to its own grey by the other factors. */
export function coloured(
  image: DecodedImage,
  brightness: number,
  contrast: number,
  saturation: number,
): DecodedImage {
  if (channelsOf(image) === 1) return shaded(image, brightness, contrast);
  const { name, size, pixels } = image;
  const greyAt = (at: number) => greyOf(pixels[at] ?? 0, pixels[at + 1] ?? 0, pixels[at + 2] ?? 0);
  let sum = 0;
  for (let at = 0; at < pixels.length; at += 3) sum += greyAt(at);
  const mean = (brightness * sum) / (size * size);
  // A clamped array rounds, and clamps to 0 and 255.
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

/** The same for a grey image, which has no saturation. */
function shaded({ name, size, pixels }: DecodedImage, brightness: number, contrast: number): DecodedImage {
  const mean = (brightness * pixels.reduce((sum, value) => sum + value, 0)) / (size * size);
  const result = new Uint8ClampedArray(pixels.length);
  for (let i = 0; i < pixels.length; i += 1) {
    result[i] = mean + contrast * (brightness * (pixels[i] as number) - mean);
  }
  return { name, size, pixels: new Uint8Array(result.buffer) };
}

/** Luma of ITU-R BT.601, as image libraries compute it. */
function greyOf(red: number, green: number, blue: number): number {
  return 0.299 * red + 0.587 * green + 0.114 * blue;
}
