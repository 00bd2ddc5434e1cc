/** Reduces the colours of a picture: keeps them if they are few enough, else a median cut with dithering. Pure. */
import { colourPixels } from '../../base/colourPixels.js';
import type { ImageBatch } from '../../base/plainData.js';
import type { Rgb } from './nearestColour.js';

export interface IndexedImage {
  readonly width: number;
  readonly height: number;
  /** At most 256 colours. */
  readonly palette: readonly Rgb[];
  /** Index of the palette colour for each pixel, row by row. */
  readonly indices: Uint8Array;
}

/** The first image of a batch in at most `most` colours. */
export function quantise({ pixels, shape }: ImageBatch, most: number): IndexedImage {
  const [, height, width, channels] = shape;
  const first = pixels.subarray(0, height * width * channels);
  const image = channels === 1 ? colourPixels(first) : first;
  return { width, height, ...(exactly(image, most) ?? dithered(image, width, medianCut(image, most))) };
}

/** Null if there are too many colours. */
function exactly(pixels: Uint8Array, most: number): Pick<IndexedImage, 'palette' | 'indices'> | null {
  const numbers = new Map<number, number>();
  const indices = new Uint8Array(pixels.length / 3);
  for (let i = 0; i < indices.length; i++) {
    const colour = (pixels[3 * i]! << 16) | (pixels[3 * i + 1]! << 8) | pixels[3 * i + 2]!;
    let number = numbers.get(colour);
    if (number === undefined) {
      number = numbers.size;
      if (number === most) return null;
      numbers.set(colour, number);
    }
    indices[i] = number;
  }
  const palette = [...numbers.keys()].map((colour): Rgb => [colour >> 16, (colour >> 8) & 255, colour & 255]);
  return { palette, indices };
}

/** Colours rounded to five bits per channel, with their counts and the sums of the original values. */
interface Bin {
  readonly key: number;
  count: number;
  readonly sums: [number, number, number];
}

const keyOf = (red: number, green: number, blue: number) =>
  ((red >> 3) << 10) | ((green >> 3) << 5) | (blue >> 3);
const channelOf = (key: number, channel: number) => (key >> (10 - 5 * channel)) & 31;

/**
 * Splits the box of colours with the greatest spread at its median, until there are enough; returns their means (Heckbert 1982).
 */
function medianCut(pixels: Uint8Array, most: number): Rgb[] {
  const boxes = [boxOf(binsOf(pixels))];
  while (boxes.length < most) {
    const widest = boxes.reduce((best, box) => (box.weight > best.weight ? box : best));
    if (widest.weight === 0) break;
    const [lower, upper] = halves(widest);
    boxes.splice(boxes.indexOf(widest), 1, boxOf(lower), boxOf(upper));
  }
  return boxes.map(({ bins }) => meanOf(bins));
}

function binsOf(pixels: Uint8Array): Bin[] {
  const bins = new Map<number, Bin>();
  for (let i = 0; i < pixels.length; i += 3) {
    const [red, green, blue] = [pixels[i]!, pixels[i + 1]!, pixels[i + 2]!];
    const key = keyOf(red, green, blue);
    const bin = bins.get(key) ?? { key, count: 0, sums: [0, 0, 0] };
    bins.set(key, bin);
    bin.count += 1;
    bin.sums[0] += red;
    bin.sums[1] += green;
    bin.sums[2] += blue;
  }
  return [...bins.values()];
}

interface ColourBox {
  readonly bins: readonly Bin[];
  /** The channel with the largest range. */
  readonly channel: number;
  /** The benefit of splitting it; 0 if it cannot be split. */
  readonly weight: number;
}

function boxOf(bins: readonly Bin[]): ColourBox {
  const spreads = [0, 1, 2].map((channel) => {
    let [low, high] = [31, 0];
    for (const { key } of bins) {
      low = Math.min(low, channelOf(key, channel));
      high = Math.max(high, channelOf(key, channel));
    }
    return high - low;
  });
  const spread = Math.max(...spreads);
  const count = bins.reduce((sum, bin) => sum + bin.count, 0);
  return { bins, channel: spreads.indexOf(spread), weight: spread * Math.sqrt(count) };
}

/** Two boxes with about as many pixels each, and neither of them empty. */
function halves({ bins, channel }: ColourBox): [Bin[], Bin[]] {
  const sorted = bins.toSorted((a, b) => channelOf(a.key, channel) - channelOf(b.key, channel));
  const total = bins.reduce((sum, bin) => sum + bin.count, 0);
  let [cut, below] = [0, 0];
  while (cut < sorted.length - 1 && (cut === 0 || below + sorted[cut]!.count <= total / 2)) {
    below += sorted[cut]!.count;
    cut += 1;
  }
  return [sorted.slice(0, cut), sorted.slice(cut)];
}

function meanOf(bins: readonly Bin[]): Rgb {
  const count = bins.reduce((sum, bin) => sum + bin.count, 0);
  const mean = (channel: 0 | 1 | 2) =>
    Math.round(bins.reduce((sum, bin) => sum + bin.sums[channel], 0) / count);
  return [mean(0), mean(1), mean(2)];
}

/** Distributes the colour error of each pixel to its neighbours (Floyd & Steinberg 1976). */
function dithered(
  pixels: Uint8Array,
  width: number,
  palette: readonly Rgb[],
): Pick<IndexedImage, 'palette' | 'indices'> {
  const indices = new Uint8Array(pixels.length / 3);
  const nearest = nearestIn(palette);
  const stride = 3 * width;
  // The errors of this row and the next, with an extra pixel at each end.
  let [here, below] = [new Float32Array(stride + 6), new Float32Array(stride + 6)];
  for (let i = 0; i < indices.length; i++) {
    const x = i % width;
    if (x === 0) {
      [here, below] = [below, here];
      below.fill(0);
    }
    const at = 3 * (x + 1);
    const wanted = [0, 1, 2].map((c) => clamped(pixels[3 * i + c]! + here[at + c]!));
    const index = nearest(wanted[0]!, wanted[1]!, wanted[2]!);
    indices[i] = index;
    for (let c = 0; c < 3; c++) {
      const error = (wanted[c]! - palette[index]![c]!) / 16;
      here[at + 3 + c]! += 7 * error;
      below[at - 3 + c]! += 3 * error;
      below[at + c]! += 5 * error;
      below[at + 3 + c]! += error;
    }
  }
  return { palette, indices };
}

function clamped(value: number): number {
  return Math.min(255, Math.max(0, Math.round(value)));
}

/** Colours that differ only in the last two bits share a nearest colour, which is searched once. */
function nearestIn(palette: readonly Rgb[]): (red: number, green: number, blue: number) => number {
  const known = new Int16Array(1 << 18).fill(-1);
  return (red, green, blue) => {
    const key = ((red >> 2) << 12) | ((green >> 2) << 6) | (blue >> 2);
    if (known[key]! < 0) known[key] = search(palette, red, green, blue);
    return known[key]!;
  };
}

function search(palette: readonly Rgb[], red: number, green: number, blue: number): number {
  let [best, least] = [0, Number.POSITIVE_INFINITY];
  for (const [i, colour] of palette.entries()) {
    const distance = (colour[0] - red) ** 2 + (colour[1] - green) ** 2 + (colour[2] - blue) ** 2;
    if (distance < least) [best, least] = [i, distance];
  }
  return best;
}
