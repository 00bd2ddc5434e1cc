/** The formats that the installed sharp reads, and the names of other common formats. */
import sharp from 'sharp';

/** Additional extensions of formats that sharp reads. */
const aliases: Readonly<Record<string, readonly string[]>> = {
  jpeg: ['jif', 'jfi', 'pjpeg', 'pjp', 'mpo'],
  png: ['apng'],
};

/** Extensions of image files that the prebuilt sharp does not read. */
const others: Readonly<Record<string, string>> = {
  ...named('BMP', 'bmp dib'),
  ...named('HEIC', 'heic heif hif'),
  ...named('JPEG XL', 'jxl'),
  ...named('JPEG 2000', 'jp2 j2k j2c jpc jpf jpx'),
  ...named('PPM', 'ppm pgm pbm pnm pam pfm'),
  ...named('Photoshop', 'psd psb'),
  ...named('TGA', 'tga'),
  ...named('ICO', 'ico cur'),
  ...named('OpenEXR', 'exr'),
  ...named('Radiance HDR', 'hdr rgbe'),
  ...named('camera raw', 'cr2 cr3 nef arw dng raf orf rw2 pef srw'),
  ...named('FITS', 'fits fit'),
  ...named('PDF', 'pdf eps'),
  ...named('packed SVG', 'svgz'),
  ...named('QOI', 'qoi'),
  ...named('DDS', 'dds'),
  ...named('PCX', 'pcx'),
  ...named('GIMP', 'xcf'),
};

/** How files of these formats start, whatever their name: the offset, the texts (any of these), the format. */
const signatures: readonly (readonly [at: number, texts: readonly string[], name: string])[] = [
  [
    4,
    ['ftypheic', 'ftypheix', 'ftypheim', 'ftypheis', 'ftyphevc', 'ftyphevx', 'ftypmif1', 'ftypmsf1'],
    'HEIC',
  ],
  [4, ['ftypcrx '], 'camera raw'],
  [4, ['ftypmp4', 'ftypiso', 'ftypqt', 'ftypM4V', 'ftyp3gp'], 'video'],
  [0, ['\xff\x0a', '\0\0\0\x0cJXL '], 'JPEG XL'],
  [0, ['\0\0\0\x0cjP  ', '\xff\x4f\xff\x51'], 'JPEG 2000'],
  [0, ['P1', 'P2', 'P3', 'P4', 'P5', 'P6', 'P7', 'PF', 'Pf'].flatMap((p) => [`${p}\n`, `${p} `]), 'PPM'],
  [0, ['8BPS'], 'Photoshop'],
  [0, ['\0\0\x01\0'], 'ICO'],
  [0, ['v/1\x01'], 'OpenEXR'],
  [0, ['#?RADIANCE', '#?RGBE'], 'Radiance HDR'],
  [0, ['SIMPLE  ='], 'FITS'],
  [0, ['%PDF'], 'PDF'],
  [0, ['PK\x03\x04'], 'zip'],
  [0, ['qoif'], 'QOI'],
  [0, ['DDS '], 'DDS'],
  [0, ['gimp xcf'], 'GIMP'],
  [0, ['<!DOCTYPE html', '<!doctype html', '<html'], 'HTML'],
  [0, ['version https://git-lfs'], 'Git LFS pointer'],
  [0, ['BM'], 'BMP'],
];
/** How files of the formats that sharp reads start: the offset, the text. */
const readableSignatures: readonly (readonly [at: number, text: string])[] = [
  [0, '\x89PNG'],
  [0, '\xff\xd8\xff'],
  [0, 'RIFF'],
  [0, 'GIF8'],
  [0, 'II*\0'],
  [0, 'MM\0*'],
  [0, '<svg'],
  [0, '<?xml'],
  [4, 'ftypavif'],
  [4, 'ftypavis'],
];
const notImages = ['video', 'zip', 'PDF', 'HTML', 'Git LFS pointer'];

function named(name: string, endings: string): Record<string, string> {
  return Object.fromEntries(endings.split(' ').map((ending) => [ending, name]));
}

/** Extensions of the files that can be read, without the dot, sorted. */
export const readableExtensions: readonly string[] = Object.entries(sharp.format)
  .flatMap(([name, { input }]) => {
    if (!input.buffer) return [];
    const suffixes: readonly string[] = input.fileSuffix ?? [];
    return [...suffixes.map((suffix) => suffix.slice(1)), ...(aliases[name] ?? [])];
  })
  // A compressed drawing can expand to any size.
  .filter((extension) => !/gz$/.test(extension))
  .sort();

const readable = new Set(readableExtensions);

/** Whether a file with this extension counts as an image; the extension is in lower case, without the dot. */
export function isReadable(extension: string): boolean {
  return readable.has(extension);
}

/** Name of an unsupported image format, by a file's extension; null for others. */
export function unreadableFormat(extension: string): string | null {
  return readable.has(extension) ? null : (others[extension] ?? null);
}

/** Whether bytes begin as those of an image in a format that can be read. */
export function isReadableStart(bytes: Buffer): boolean {
  const beginning = bytes.toString('latin1', 0, 64);
  return readableSignatures.some(([at, text]) => beginning.startsWith(text, at));
}

/** Whether bytes begin as those of an image, also in a format that cannot be read. */
export function isImageStart(bytes: Buffer): boolean {
  const type = typeOfFile(bytes);
  return isReadableStart(bytes) || (type !== null && !notImages.includes(type));
}

/** Describes a file that the decoder rejects, from its first bytes, and says what to do; null if they are unknown. */
export function refusalOf(bytes: Buffer): string | null {
  const name = typeOfFile(bytes);
  if (name === null) return null;
  if (notImages.includes(name)) return `not an image, but a file of type ${name}`;
  return `${name} cannot be read here; convert it to PNG or JPEG`;
}

/** Name of what a file is that the decoder rejects, from its first bytes; null if they are unknown. */
export function typeOfFile(bytes: Buffer): string | null {
  const beginning = bytes.toString('latin1', 0, 64);
  const [, , name = null] =
    signatures.find(([at, texts]) => texts.some((text) => beginning.startsWith(text, at))) ?? [];
  return name;
}
