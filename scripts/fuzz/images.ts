/** Images: damaged files of every format that sharp writes, and files that claim or hide more than they contain. */
import { execFile } from 'node:child_process';
import { mkdir, symlink, truncate, writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import type { Sharp } from 'sharp';
import sharp from 'sharp';
import type { Recipes } from './corpus.js';
import { damages } from './damage.js';
import type { Expected, Random, Recipe } from './fuzzCase.js';
import { file } from './fuzzCase.js';
import { chunk, chunksOf, gifHeader, jpegOfSize, pngHeader, pngOf, tiffOf } from './imageBytes.js';
import { svgRecipes } from './svgs.js';

type Encode = (image: Sharp) => Sharp;

const formats: Readonly<Record<string, Encode>> = {
  png: (image) => image.png(),
  'png palette': (image) => image.png({ palette: true, colours: 16 }),
  'png interlaced': (image) => image.png({ progressive: true }),
  'png 16-bit': (image) => image.toColourspace('rgb16').png(),
  jpeg: (image) => image.jpeg(),
  'jpeg progressive': (image) => image.jpeg({ progressive: true }),
  'jpeg cmyk': (image) => image.toColourspace('cmyk').jpeg(),
  webp: (image) => image.webp(),
  'webp lossless': (image) => image.webp({ lossless: true }),
  gif: (image) => image.gif(),
  tiff: (image) => image.tiff({ compression: 'lzw' }),
  'tiff tiled': (image) => image.tiff({ compression: 'deflate', tile: true, pyramid: true }),
  'tiff jpeg': (image) => image.tiff({ compression: 'jpeg' }),
  avif: (image) => image.avif({ effort: 0 }),
};

const encoded = new Map<string, Promise<Buffer>>();

/** A picture of 40 x 30 pixels with detail in every region. */
function encode(format: string): Promise<Buffer> {
  const size = { width: 40, height: 30, channels: 3 as const };
  const pixels = Buffer.from(Array.from({ length: 40 * 30 * 3 }, (_, i) => (i * i * 31 + (i >> 3)) % 251));
  const made = encoded.get(format) ?? (formats[format] ?? missing())(sharp(pixels, { raw: size })).toBuffer();
  encoded.set(format, made);
  return made;
}

function missing(): never {
  throw new Error('internal: no such format');
}

const fileName = (format: string) => `x.${format.split(' ')[0]}`;
const named = (
  name: string,
  expected: Expected,
  make: (random: Random) => Buffer | string | Promise<Buffer>,
  as = 'x.png',
): Recipe => file(name, as, expected, make);

const whole = Object.keys(formats).map((format) =>
  named(`${format} whole`, 'accepted', () => encode(format), fileName(format)),
);

/** `frames` pictures of 64 x 64 in one file. */
function animation(frames: number): Sharp {
  const height = 64 * frames;
  const background = '#123456';
  const image = sharp({ create: { width: 64, height, channels: 3, background, pageHeight: 64 } });
  return image;
}

/** A picture of one colour, so that the file is small. */
const plain = (width: number, height: number) =>
  sharp({ create: { width, height, channels: 3, background: '#aabbcc' }, limitInputPixels: false });

const sizes = [
  [60_000, 60_000],
  [1, 100_000_000],
  [100_000, 100_000],
  [2 ** 31 - 1, 1],
  [2 ** 31 - 1, 2 ** 31 - 1],
  [0, 0],
  [0, 5],
] as const;

const claims: Recipe[] = [
  ...sizes.flatMap(([width, height]) => [
    named(`a png that claims ${width} x ${height}`, 'refused', () =>
      pngOf(pngHeader({ width, height }), Buffer.alloc(64)),
    ),
    named(`a bmp that claims ${width} x ${height}`, 'refused', () => bmpHeader(width, height), 'x.bmp'),
    named(
      `a ppm that claims ${width} x ${height}`,
      'refused',
      () => `P6\n${width} ${height}\n255\nxxx`,
      'x.ppm',
    ),
    named(`a tiff that claims ${width} x ${height}`, 'refused', () => tiffOf(width, height), 'x.tiff'),
  ]),
  ...(
    [
      [60_000, 60_000],
      [65_535, 65_535],
      [1, 65_535],
      [0, 0],
    ] as const
  ).flatMap(([width, height]) => [
    named(`a gif that claims ${width} x ${height}`, 'either', () => gifHeader(width, height), 'x.gif'),
    named(
      `a jpeg that claims ${width} x ${height}`,
      'refused',
      async () => {
        return jpegOfSize(await encode('jpeg'), width, height);
      },
      'x.jpg',
    ),
    named(
      `a progressive jpeg that claims ${width} x ${height}`,
      'refused',
      async () => {
        return jpegOfSize(await encode('jpeg progressive'), width, height);
      },
      'x.jpg',
    ),
  ]),
  named('20000 x 20000 of one colour, png', 'refused', () => plain(20_000, 20_000).png().toBuffer()),
  named(
    '20000 x 20000 of one colour, tiff',
    'refused',
    () => {
      return plain(20_000, 20_000).tiff({ compression: 'deflate' }).toBuffer();
    },
    'x.tiff',
  ),
  named(
    '16000 x 16000 of one colour, webp, within the limit',
    'accepted',
    () => {
      return plain(16_000, 16_000).webp({ lossless: true, effort: 0 }).toBuffer();
    },
    'x.webp',
  ),
  named('9000 x 9000 of one colour, within the limit', 'accepted', () => plain(9000, 9000).png().toBuffer()),
  named('9000 x 9000, interlaced', 'accepted', () => plain(9000, 9000).png({ progressive: true }).toBuffer()),
  named(
    '9000 x 9000, progressive',
    'accepted',
    () => {
      return plain(9000, 9000).jpeg({ progressive: true }).toBuffer();
    },
    'x.jpg',
  ),
  named(
    '9000 x 9000, to be turned',
    'accepted',
    () => {
      return plain(9000, 9000).withMetadata({ orientation: 6 }).jpeg().toBuffer();
    },
    'x.jpg',
  ),
  named('1 x 60000', 'accepted', () => plain(1, 60_000).png().toBuffer()),
  named('60000 x 1', 'accepted', () => plain(60_000, 1).png().toBuffer()),
  named('a gif of 500 frames', 'accepted', () => animation(500).gif({ effort: 1 }).toBuffer(), 'x.gif'),
  named('a webp of 500 frames', 'accepted', () => animation(500).webp({ effort: 0 }).toBuffer(), 'x.webp'),
  named('a text chunk of 100 MB once unpacked', 'either', async () => {
    const chunks = chunksOf(await encode('png'));
    return Buffer.concat([
      ...chunks.slice(0, 2),
      chunk('zTXt', await packedZeros('Comment\0\0')),
      ...chunks.slice(2),
    ]);
  }),
  named('a colour profile of 100 MB once unpacked', 'either', async () => {
    const chunks = chunksOf(await encode('png'));
    return Buffer.concat([
      ...chunks.slice(0, 2),
      chunk('iCCP', await packedZeros('icc\0\0')),
      ...chunks.slice(2),
    ]);
  }),
];

async function packedZeros(prefix: string): Promise<Buffer> {
  const { deflateSync } = await import('node:zlib');
  return Buffer.concat([Buffer.from(prefix, 'latin1'), deflateSync(Buffer.alloc(1e8), { level: 9 })]);
}

function bmpHeader(width: number, height: number): Buffer {
  const bytes = Buffer.alloc(60);
  bytes.write('BM');
  bytes.writeUInt32LE(60, 2);
  bytes.writeUInt32LE(54, 10);
  bytes.writeUInt32LE(40, 14);
  bytes.writeUInt32LE(width, 18);
  bytes.writeUInt32LE(height, 22);
  bytes.writeUInt16LE(1, 26);
  bytes.writeUInt16LE(24, 28);
  return bytes;
}

const pngs: Recipe[] = [
  named('png: a colour that the palette lacks', 'either', () => {
    const header = pngHeader({ width: 4, height: 1, bitDepth: 8, colourType: 3 });
    return pngOf(header, Buffer.from([0, 0, 1, 2, 255]), [chunk('PLTE', Buffer.alloc(6))]);
  }),
  named('png: no palette', 'refused', () => {
    return pngOf(pngHeader({ width: 4, height: 1, colourType: 3 }), Buffer.from([0, 0, 1, 2, 3]));
  }),
  named('png: too few rows', 'refused', () => pngOf(pngHeader({ width: 4, height: 9 }), Buffer.alloc(13))),
  named('png: too many rows', 'either', () => pngOf(pngHeader({ width: 4, height: 1 }), Buffer.alloc(1e6))),
  named('png: an unknown filter', 'either', () =>
    pngOf(pngHeader({ width: 4, height: 1 }), Buffer.alloc(13, 77)),
  ),
  named('png: a bit depth of 3', 'refused', () =>
    pngOf(pngHeader({ width: 4, height: 1, bitDepth: 3 }), Buffer.alloc(13)),
  ),
  named('png: no data', 'refused', async () =>
    Buffer.concat((await chunks()).filter((part) => typeOf(part) !== 'IDAT')),
  ),
  named('png: no header', 'refused', async () =>
    Buffer.concat((await chunks()).filter((part) => typeOf(part) !== 'IHDR')),
  ),
  named('png: two headers', 'either', async () =>
    Buffer.concat((await chunks()).flatMap((part) => (typeOf(part) === 'IHDR' ? [part, part] : [part]))),
  ),
  named('png: a header alone', 'refused', async () => Buffer.concat((await chunks()).slice(0, 2))),
  named('png: a wrong CRC in the header', 'refused', async () => wrongCrc(await chunks(), 'IHDR')),
  named('png: a wrong CRC in the data', 'either', async () => wrongCrc(await chunks(), 'IDAT')),
  named('png: a chunk of 4 GB', 'either', async () => {
    const [signature, header, ...rest] = await chunks();
    const lying = chunk('teXt', Buffer.alloc(4));
    lying.writeUInt32BE(0xffffffff);
    return Buffer.concat([signature ?? missing(), header ?? missing(), lying, ...rest]);
  }),
];

const chunks = async () => chunksOf(await encode('png'));
const typeOf = (part: Buffer) => part.toString('latin1', 4, 8);

function wrongCrc(parts: Buffer[], type: string): Buffer {
  for (const part of parts) if (typeOf(part) === type) part.writeUInt32BE(12345, part.length - 4);
  return Buffer.concat(parts);
}

const others: Recipe[] = [
  {
    name: 'a terabyte',
    file: 'x.png',
    write: async (path) => {
      await writeFile(path, await encode('png'));
      await truncate(path, 2 ** 40);
    },
  },
  named('nothing', 'refused', () => ''),
  named('one byte', 'refused', () => '\x89'),
  named('a text', 'refused', () => 'not a picture at all, only its name says so'),
  named('a web page', 'refused', () => '<!DOCTYPE html><html><body>404</body></html>'),
  named('a million spaces', 'refused', () => ' '.repeat(1e6)),
  named('a PDF', 'refused', () => '%PDF-1.4\n1 0 obj <</Type/Catalog>> endobj\ntrailer<</Root 1 0 R>>'),
  named('a name of another format', 'accepted', () => encode('jpeg'), 'x.png'),
  { name: 'a folder', file: 'x.png', write: (path) => mkdir(path) },
  { name: 'a pipe', file: 'x.png', write: (path) => promisify(execFile)('mkfifo', [path]) },
  { name: 'a symlink to itself', file: 'x.png', write: (path) => symlink(path, path) },
  { name: 'a symlink to nothing', file: 'x.png', write: (path) => symlink('nowhere.png', path) },
  { name: 'an endless device', file: 'x.png', write: (path) => symlink('/dev/zero', path) },
  { name: 'an empty folder', file: 'x.png', write: async () => undefined },
  ...[
    '\u202egnp.png',
    '😀.png',
    'e\u0301.png',
    'new\nline.png',
    'tab\t.png',
    ' .png',
    `${'x'.repeat(251)}.png`,
    '%s%n.png',
    'x.PNG',
    'ß.JPEG',
    '[x].png',
    '--x.png',
    'a"b\'c.png',
    '\x1b[31m.png',
  ].flatMap((as) => [
    named(`${JSON.stringify(as).slice(0, 20)} whole`, 'accepted', () => encode('png'), as),
    named(`${JSON.stringify(as).slice(0, 20)} damaged`, 'refused', () => 'text', as),
  ]),
  {
    name: 'a whole image among others',
    file: 'x.png',
    expected: 'accepted',
    write: async (path) => {
      await writeFile(path, await encode('png'));
      await symlink(path, `${path}.png`);
      await mkdir(`${path}.d.png`);
      await promisify(execFile)('mkfifo', [`${path}.pipe.png`]);
    },
  },
];

const random: Recipe[] = [
  ...Object.keys(formats).flatMap((format) =>
    Object.entries(damages).map(([name, damage]) =>
      named(
        `${format} ${name}`,
        'either',
        async (numbers) => damage(await encode(format), numbers),
        fileName(format),
      ),
    ),
  ),
  named('random bytes', 'refused', (numbers) => numbers.bytes(numbers.integer(3000))),
  ...['png', 'jpeg', 'webp', 'gif', 'tiff', 'avif'].map((format) =>
    named(
      `${format}: a start, then random bytes`,
      'either',
      async (numbers) => {
        const start = (await encode(format)).subarray(0, 8 + numbers.integer(60));
        return Buffer.concat([start, numbers.bytes(numbers.integer(3000))]);
      },
      fileName(format),
    ),
  ),
  named('png: chunks swapped', 'either', async (numbers) => {
    const [signature, ...parts] = chunksOf(await encode('png palette'));
    const at = numbers.integer(parts.length);
    const moved = parts[at] ?? missing();
    return Buffer.concat([
      signature ?? missing(),
      ...parts.toSpliced(at, 1).toSpliced(numbers.integer(parts.length), 0, moved),
    ]);
  }),
  named('png: a wrong header with a right CRC', 'either', (numbers) => {
    const header = pngHeader({ width: 4, height: 4 });
    header[numbers.integer(13)] = numbers.integer(256);
    return pngOf(header, Buffer.alloc(4 * 13));
  }),
];

export const imageRecipes: Recipes = {
  special: [...whole, ...claims, ...pngs, ...svgRecipes, ...others],
  random,
};
