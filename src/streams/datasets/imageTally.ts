/** Adds up what images have. Takes 16 bytes per image of the dataset, and a few names. */
import { createHash } from 'node:crypto';
import type { SkippedImage } from '../../data/itemPixels.js';
import type { StoredImage } from '../../data/storedImage.js';
import type { DatasetReport, ImageSize, LeftOut, StoredSizes } from './datasetEvents.js';
import { fittingConfiguration } from './fittingConfiguration.js';
import { repeatedNumbers } from './repeatedNumbers.js';

/** One image that was looked at. */
export interface ExaminedImage {
  /** Its place in the dataset. */
  readonly index: number;
  readonly name: string;
  /** `[size, size, 3]`, or why there are none. */
  readonly pixels: Uint8Array | SkippedImage;
  /** Null if that is unknown. */
  readonly stored: StoredImage | null;
}

/** More formats than that are counted as one; a dataset may call them what it likes. */
const mostFormats = 50;
const [dark, bright] = [64, 191];

/** What the tally knows of a report. */
export type Tallied = Omit<DatasetReport, 'type' | 'dataset' | 'total' | 'stopped' | 'size'>;

export class ImageTally {
  readonly #names: number;
  readonly #size: number;
  readonly #nameOf: (index: number) => string;
  readonly #total: number;
  /** The first eight bytes of a digest of the pixels, 0 for none. */
  readonly #hashes: BigUint64Array;
  /** Height in the lower half, width in the upper one; 0 for none. */
  readonly #sizes: BigUint64Array;
  readonly #formats = new Map<string, number>();
  readonly #damaged = leftOut();
  readonly #unread = leftOut();
  readonly #oneColour: string[] = [];
  readonly #sums = [0, 0, 0];
  readonly #squares = [0, 0, 0];
  readonly #counts = { images: 0, decoded: 0, grey: 0, colour: 0, alpha: 0, greyPixels: 0, oneColour: 0 };
  #extreme = 0;

  /**
   * @param total images of the dataset
   * @param nameOf name of the image at a place
   * @param size height and width of decoded images
   * @param names how many names each list has, at most
   */
  constructor(total: number, nameOf: (index: number) => string, size: number, names: number) {
    this.#total = total;
    this.#nameOf = nameOf;
    this.#size = size;
    this.#names = names;
    this.#hashes = new BigUint64Array(total);
    this.#sizes = new BigUint64Array(total);
  }

  /** Number of images so far. */
  get images(): number {
    return this.#counts.images;
  }

  /** The pixels are not needed afterwards. */
  add({ index, name, pixels, stored }: ExaminedImage): void {
    this.#counts.images += 1;
    if (!(pixels instanceof Uint8Array)) {
      const list = pixels.why === 'damaged' ? this.#damaged : this.#unread;
      list.images += 1;
      if (list.first.length < this.#names) list.first.push({ name, reason: pixels.reason });
      return;
    }
    this.#counts.decoded += 1;
    this.#hashes[index] = createHash('sha256').update(pixels).digest().readBigUInt64LE(0) || 1n;
    this.#addPixels(name, pixels);
    if (stored) this.#addStored(index, stored);
  }

  tallied(): Tallied {
    const { images, decoded, grey, colour, alpha, greyPixels, oneColour } = this.#counts;
    const sizes = this.#storedSizes();
    const isGrey = decoded > 0 && greyPixels === decoded;
    const channels = isGrey ? [0] : [0, 1, 2];
    const values = decoded * this.#size ** 2;
    const mean = channels.map((channel) => (this.#sums[channel] ?? 0) / values);
    const deviation = channels.map((channel, i) =>
      Math.sqrt(Math.max(0, (this.#squares[channel] ?? 0) / values - (mean[i] ?? 0) ** 2)),
    );
    const nearlyBlackOrWhite = decoded === 0 ? 0 : this.#extreme / (3 * values);
    const { groups, surplus, first } = repeatedNumbers(this.#hashes, this.#names);
    return {
      images,
      damaged: this.#damaged,
      unread: this.#unread,
      sizes,
      formats: [...this.#formats]
        .map(([format, count]) => ({ format, images: count }))
        .sort((a, b) => b.images - a.images || (a.format < b.format ? -1 : 1)),
      colours: { grey, colour, alpha, greyPixels },
      duplicates: { groups, surplus, first: first.map((places) => places.map(this.#nameOf)) },
      oneColour: { images: oneColour, first: this.#oneColour },
      mean: decoded === 0 ? null : mean.map((value) => value / 255),
      standardDeviation: decoded === 0 ? null : deviation.map((value) => value / 255),
      nearlyBlackOrWhite,
      fits:
        decoded === 0
          ? null
          : fittingConfiguration({
              images: this.#total - this.#damaged.images - this.#unread.images,
              shorterSide: sizes?.shorterSide ?? this.#size,
              isGrey,
              nearlyBlackOrWhite,
            }),
    };
  }

  #addPixels(name: string, pixels: Uint8Array): void {
    const [sums, squares] = [
      [0, 0, 0],
      [0, 0, 0],
    ] as [number[], number[]];
    let [isGrey, isOneColour, extreme] = [true, true, 0];
    for (let at = 0; at < pixels.length; at += 3) {
      const [red, green, blue] = [pixels[at], pixels[at + 1], pixels[at + 2]] as [number, number, number];
      if (red !== green || green !== blue) isGrey = false;
      if (red !== pixels[0] || green !== pixels[1] || blue !== pixels[2]) isOneColour = false;
      for (let channel = 0; channel < 3; channel += 1) {
        const value = pixels[at + channel] as number;
        sums[channel] = (sums[channel] as number) + value;
        squares[channel] = (squares[channel] as number) + value * value;
        if (value < dark || value > bright) extreme += 1;
      }
    }
    for (let channel = 0; channel < 3; channel += 1) {
      this.#sums[channel] = (this.#sums[channel] as number) + (sums[channel] as number);
      this.#squares[channel] = (this.#squares[channel] as number) + (squares[channel] as number);
    }
    this.#extreme += extreme;
    if (isGrey) this.#counts.greyPixels += 1;
    if (!isOneColour) return;
    this.#counts.oneColour += 1;
    if (this.#oneColour.length < this.#names) this.#oneColour.push(name);
  }

  #addStored(index: number, { format, width, height, channels, alpha }: StoredImage): void {
    const isNew = !this.#formats.has(format);
    const key = isNew && this.#formats.size >= mostFormats ? 'other' : format;
    this.#formats.set(key, (this.#formats.get(key) ?? 0) + 1);
    this.#counts[channels === 1 ? 'grey' : 'colour'] += 1;
    if (alpha) this.#counts.alpha += 1;
    this.#sizes[index] = (BigInt(width) << 32n) | BigInt(height);
  }

  #storedSizes(): StoredSizes | null {
    const sorted = this.#sizes.slice().sort();
    const begin = sorted.findIndex((size) => size !== 0n);
    if (begin === -1) return null;
    const images = sorted.length - begin;
    const shorterSides = new Uint32Array(images);
    let [smallest, largest, mostCommon] = [
      sizeOf(sorted[begin]),
      sizeOf(sorted[begin]),
      sizeOf(sorted[begin]),
    ];
    let [different, enlarged, most, equal] = [0, 0, 0, 0];
    for (let i = begin; i < sorted.length; i += 1) {
      const size = sizeOf(sorted[i]);
      const isNew = i === begin || sorted[i] !== sorted[i - 1];
      equal = isNew ? 1 : equal + 1;
      if (isNew) different += 1;
      if (equal > most) [most, mostCommon] = [equal, size];
      if (area(size) < area(smallest)) smallest = size;
      if (area(size) > area(largest)) largest = size;
      const shorter = Math.min(size.width, size.height);
      shorterSides[i - begin] = shorter;
      if (shorter < this.#size) enlarged += 1;
    }
    const shorterSide = shorterSides.sort()[Math.floor((images - 1) / 2)] ?? 0;
    return {
      images,
      smallest,
      mostCommon: { ...mostCommon, images: most },
      largest,
      different,
      shorterSide,
      enlarged,
    };
  }
}

function leftOut(): { images: number; first: LeftOut['first'][number][] } {
  return { images: 0, first: [] };
}

function sizeOf(packed = 0n): ImageSize {
  return { width: Number(packed >> 32n), height: Number(packed & 0xffffffffn) };
}

function area({ width, height }: ImageSize): number {
  return width * height;
}
