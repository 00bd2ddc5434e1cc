/** Images in one array of numbers: where they are, and how one becomes bytes. */
import { bitsOfHalf } from '../../base/bitsOfHalf.js';
import { DamagedImageError } from '../damagedImageError.js';

/** Types of a number, as NumPy writes them: unsigned integers and floats, with their sizes in bytes. */
export const sampleTypes = { u1: 1, b1: 1, u2: 2, f2: 2, f4: 4, f8: 8 } as const;
export type SampleType = keyof typeof sampleTypes;

/** What NumPy calls these types. */
export const numpyNames: Readonly<Record<SampleType, string>> = {
  u1: 'uint8',
  b1: 'bool',
  u2: 'uint16',
  f2: 'float16',
  f4: 'float32',
  f8: 'float64',
};

/** How the numbers of one image lie one after the other. */
export interface SampleFormat {
  readonly height: number;
  readonly width: number;
  readonly channels: 1 | 3;
  /** Whether all values of a channel come before those of the next. */
  readonly channelsFirst: boolean;
  readonly type: SampleType;
  /** @default true */
  readonly littleEndian?: boolean;
}

/** How images lie in a file. */
export interface ArrayLayout extends SampleFormat {
  readonly count: number;
  /** Where the first image begins. */
  readonly offset: number;
  /** Bytes between images that belong to neither, such as a label. @default 0 */
  readonly gap?: number;
  /** What may have been meant otherwise, for a warning. @default nothing */
  readonly doubt?: string;
}

/** Number of bytes of an image. */
export function imageBytes({ height, width, channels, type }: SampleFormat): number {
  return height * width * channels * sampleTypes[type];
}

/** Where an image begins. */
export function imageOffset(layout: ArrayLayout, index: number): number {
  return layout.offset + index * (imageBytes(layout) + (layout.gap ?? 0));
}

/**
 * The image as bytes `[height, width, channels]`. Integers of 16 bits keep their upper half, floats are from 0 to 1, false is black.
 * @throws DamagedImageError for a float that is not from 0 to 1
 */
export function imagePixels(format: SampleFormat, bytes: Buffer): Uint8Array {
  const { height, width, channels, channelsFirst, type } = format;
  const area = height * width;
  const valueAt = reader(format, bytes);
  if (type === 'u1' && (!channelsFirst || channels === 1)) return new Uint8Array(bytes);
  const pixels = new Uint8Array(area * channels);
  for (let place = 0; place < area; place += 1) {
    for (let channel = 0; channel < channels; channel += 1) {
      const target = place * channels + channel;
      pixels[target] = valueAt(channelsFirst ? channel * area + place : target);
    }
  }
  return pixels;
}

function reader(format: SampleFormat, bytes: Buffer): (index: number) => number {
  const valueAt = valueReader(format, bytes);
  switch (format.type) {
    case 'u1':
      return valueAt;
    case 'b1':
      return (index) => (valueAt(index) === 0 ? 0 : 255);
    case 'u2':
      return (index) => valueAt(index) >>> 8;
    default:
      return (index) => byteOf(valueAt(index));
  }
}

/** The numbers of an image as they are stored. */
export function valueReader(
  { type, littleEndian = true }: Pick<SampleFormat, 'type' | 'littleEndian'>,
  bytes: Buffer,
): (index: number) => number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  switch (type) {
    case 'u1':
    case 'b1':
      return (index) => view.getUint8(index);
    case 'u2':
      return (index) => view.getUint16(2 * index, littleEndian);
    case 'f2':
      return (index) => halfFloat(view.getUint16(2 * index, littleEndian));
    case 'f4':
      return (index) => view.getFloat32(4 * index, littleEndian);
    case 'f8':
      return (index) => view.getFloat64(8 * index, littleEndian);
  }
}

function byteOf(value: number): number {
  if (value >= 0 && value <= 1) return Math.round(255 * value);
  throw new DamagedImageError(`a value is ${value}; floats are read from 0 (black) to 1 (white)`);
}

/** The value of a 16-bit float. */
function halfFloat(half: number): number {
  return new Float32Array(Uint32Array.of(bitsOfHalf(half)).buffer)[0] as number;
}
