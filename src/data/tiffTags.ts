/** Tags about the samples of the first image in a TIFF; libvips does not expose all of them. */

/** Values as in the TIFF 6.0 specification. */
export interface TiffTags {
  /** 0 white is zero, 1 black is zero, 2 RGB, 3 palette, 5 CMYK, 6 YCbCr, 8 CIELab, ... */
  readonly photometric: number;
  readonly samplesPerPixel: number;
  /** Bits of the first sample. */
  readonly bits: number;
  /** 1 none, 5 LZW, 6 old-style JPEG, 7 JPEG, ... */
  readonly compression: number;
  /** 1 unsigned, 2 signed, 3 floating point, 4 undefined, 5 and 6 complex. */
  readonly sampleFormat: number;
  /** Meaning of each sample besides colour: 0 unspecified, 1 premultiplied alpha, 2 alpha; null without the tag. */
  readonly extraSamples: readonly number[] | null;
  /** Offsets of the sample formats in the file, 2 bytes each. */
  readonly sampleFormatPlaces: readonly number[];
  readonly littleEndian: boolean;
}

const tag = {
  bits: 258,
  compression: 259,
  photometric: 262,
  samplesPerPixel: 277,
  extraSamples: 338,
  sampleFormat: 339,
};
/** Number of bytes per type: BYTE, SHORT, LONG. */
const bytesOfType: Readonly<Record<number, number>> = { 1: 1, 3: 2, 4: 4 };
const mostEntries = 4096;
const mostValues = 64;

interface Entry {
  readonly values: readonly number[];
  readonly places: readonly number[];
}

/** Null if the file is not a TIFF, or its directory lies outside the bytes; the decoder reports that. */
export function tiffTags(bytes: Buffer): TiffTags | null {
  try {
    return isTiff(bytes) ? read(bytes) : null;
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}

function isTiff(bytes: Buffer): boolean {
  return ['II*\0', 'MM\0*', 'II+\0', 'MM\0+'].includes(bytes.toString('latin1', 0, 4));
}

function read(bytes: Buffer): TiffTags {
  const entries = directory(bytes);
  const first = (key: number, otherwise: number) => entries.get(key)?.values[0] ?? otherwise;
  return {
    photometric: first(tag.photometric, 1),
    samplesPerPixel: first(tag.samplesPerPixel, 1),
    bits: first(tag.bits, 1),
    compression: first(tag.compression, 1),
    sampleFormat: first(tag.sampleFormat, 1),
    extraSamples: entries.get(tag.extraSamples)?.values ?? null,
    sampleFormatPlaces: entries.get(tag.sampleFormat)?.places ?? [],
    littleEndian: bytes[0] === 0x49,
  };
}

/** Entries of the first directory. @throws RangeError for an offset outside the bytes */
function directory(bytes: Buffer): Map<number, Entry> {
  const little = bytes[0] === 0x49;
  const big = bytes.toString('latin1', 2, 4).includes('+');
  const number = (at: number, length: number): number => {
    if (length === 8) {
      return Number(little ? bytes.readBigUInt64LE(at) : bytes.readBigUInt64BE(at));
    }
    return little ? bytes.readUIntLE(at, length) : bytes.readUIntBE(at, length);
  };
  const [countLength, entryLength, word] = big ? [8, 20, 8] : [2, 12, 4];
  const start = number(big ? 8 : 4, word);
  const count = Math.min(number(start, countLength), mostEntries);
  const wanted = Object.values(tag);
  const entries = new Map<number, Entry>();
  for (let i = 0; i < count; i += 1) {
    const at = start + countLength + i * entryLength;
    const key = number(at, 2);
    const length = bytesOfType[number(at + 2, 2)];
    if (!wanted.includes(key) || length === undefined) continue;
    const values = Math.min(number(at + 4, word), mostValues);
    const inside = at + 4 + word;
    const begin = values * length <= word ? inside : number(inside, word);
    const places = Array.from({ length: values }, (_, j) => begin + j * length);
    entries.set(key, { places, values: places.map((place) => number(place, length)) });
  }
  return entries;
}
