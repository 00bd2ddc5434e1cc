/**
 * Maps the samples of a TIFF to colours. libvips reads most files correctly (null below). Others it shows as white, black or
 * transparent: these are read here according to the file's tags, or rejected by name.
 */
import { DamagedImageError } from './damagedImageError.js';
import type { TiffTags } from './tiffTags.js';

/** Samples that are read as numbers and mapped to bytes here. */
export interface SampleLayout {
  /** Their name in messages, such as "32-bit integer grey". */
  readonly name: string;
  /** Number of colour samples per pixel, which come first: 1 for grey, 3 for red, green and blue. */
  readonly colours: 1 | 3;
  /** Index of the sample that is alpha; null for none. */
  readonly alpha: number | null;
  /** The value of white. */
  readonly white: number;
  readonly kind: 'unsigned' | 'signed' | 'float';
  readonly bits: number;
}

const photometrics: Readonly<Record<number, string>> = {
  0: 'grey',
  1: 'grey',
  2: 'RGB',
  3: 'palette',
  5: 'CMYK',
  6: 'YCbCr',
  8: 'CIELab',
  9: 'ICCLab',
  10: 'ITULab',
  32803: 'raw sensor data',
  32844: 'LogL',
  32845: 'LogLuv',
  34892: 'raw sensor data',
};
/** Photometric interpretations that the decoder converts to RGB correctly. */
const understood = [0, 1, 2, 3, 5, 6, 8];
/** JPEG compression, for which the decoder converts YCbCr to RGB; otherwise it reads the samples as red, green and blue. */
const jpeg = 7;
const colourSamples: Readonly<Record<number, number>> = { 2: 3, 5: 4, 6: 3, 8: 3 };
const sampleFormats: Readonly<Record<number, string>> = {
  1: 'integer',
  2: 'signed integer',
  3: 'floating-point',
  5: 'complex integer',
  6: 'complex',
};

/**
 * @returns null if the decoder reads it correctly
 * @throws DamagedImageError that names the pixel format if it can be read neither way
 */
export function tiffSamples(tags: TiffTags): SampleLayout | null {
  const { photometric, bits, compression, sampleFormat, samplesPerPixel, extraSamples } = tags;
  const name = formatName(tags);
  const colours = colourSamples[photometric] ?? 1;
  const extras = samplesPerPixel - colours;
  const alpha = alphaOf(tags, colours);
  const plainExtras = extras === 0 || (extras === 1 && alpha !== null);
  const isInteger = sampleFormat === 1 || sampleFormat === 4;
  const decodable = isInteger && [1, 2, 4, 8, 16].includes(bits) && (photometric !== 8 || bits === 16);
  if (!understood.includes(photometric) || extras < 0) throw unreadable(name);
  if (photometric === 6 && compression !== jpeg) throw unreadable(`${name} without JPEG compression`);
  if (decodable && plainExtras) return null;
  const isGrey = photometric <= 1;
  if (!isGrey && photometric !== 2) throw unreadable(name);
  // Two or more bands besides grey are other measurements, and nothing says which of them to show.
  if (isGrey && (extras > 1 || alpha !== null)) throw unreadable(name);
  // For these sample formats the decoder divides by this alpha and inverts this grey.
  if (extraSamples?.includes(1) || (photometric === 0 && sampleFormat > 1)) throw unreadable(name);
  if (!isInteger && sampleFormat !== 2 && sampleFormat !== 3) throw unreadable(name);
  if (![8, 16, 32].includes(bits) || (sampleFormat === 3 && bits !== 32)) throw unreadable(name);
  const kind = sampleFormat === 3 ? 'float' : sampleFormat === 2 ? 'signed' : 'unsigned';
  const white = kind === 'float' ? 1 : 2 ** (kind === 'signed' ? bits - 1 : bits) - 1;
  return { name, colours: isGrey ? 1 : 3, alpha, white, kind, bits };
}

/** "32-bit floating-point RGB with 1 unspecified band" */
function formatName(tags: TiffTags): string {
  const { photometric, bits, sampleFormat, samplesPerPixel } = tags;
  const colours = colourSamples[photometric] ?? 1;
  const number = `${bits}-bit ${sampleFormats[sampleFormat] ?? 'integer'}`;
  const colour = photometrics[photometric] ?? `TIFF of photometric interpretation ${photometric}`;
  const alpha = alphaOf(tags, colours) === null ? 0 : 1;
  const others = samplesPerPixel - colours - alpha;
  const bands = others > 0 ? ` and ${others} more ${others === 1 ? 'band' : 'bands'}` : '';
  return `${number} ${colour}${alpha ? ' with alpha' : ''}${bands}`;
}

/**
 * Index of the alpha sample. A single extra sample without a tag counts as alpha, as in other readers, because some writers omit
 * the tag. 999 is CorelDRAW's value.
 */
function alphaOf({ extraSamples, samplesPerPixel }: TiffTags, colours: number): number | null {
  const kinds = extraSamples ?? (samplesPerPixel === colours + 1 ? [2] : []);
  const index = kinds.findIndex((kind) => kind === 1 || kind === 2 || kind === 999);
  return index === -1 ? null : colours + index;
}

function unreadable(name: string): DamagedImageError {
  return new DamagedImageError(`${name} cannot be read; convert it to 8-bit RGB`);
}
