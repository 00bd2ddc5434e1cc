/** Image files assembled by hand, valid except for what a case corrupts. */
import { crc32, deflateSync } from 'node:zlib';

const signature = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1');

/** A PNG chunk with its length and checksum. */
export function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const result = Buffer.alloc(body.length + 8);
  result.writeUInt32BE(data.length);
  body.copy(result, 4);
  result.writeUInt32BE(crc32(body), body.length + 4);
  return result;
}

/** The signature and the chunks of a complete PNG. */
export function chunksOf(png: Buffer): Buffer[] {
  const parts = [png.subarray(0, 8)];
  for (let at = 8; at < png.length; ) {
    const end = at + 12 + png.readUInt32BE(at);
    parts.push(Buffer.from(png.subarray(at, end)));
    at = end;
  }
  return parts;
}

export interface PngHeader {
  readonly width: number;
  readonly height: number;
  readonly bitDepth?: number;
  readonly colourType?: number;
}

/** The content of IHDR. @default 8 bits, RGB */
export function pngHeader({ width, height, bitDepth = 8, colourType = 2 }: PngHeader): Buffer {
  const data = Buffer.alloc(13);
  data.writeUInt32BE(width);
  data.writeUInt32BE(height, 4);
  data[8] = bitDepth;
  data[9] = colourType;
  return data;
}

/** A PNG with this header and these rows, with correct checksums. */
export function pngOf(header: Buffer, rows: Buffer, between: readonly Buffer[] = []): Buffer {
  const parts = [
    chunk('IHDR', header),
    ...between,
    chunk('IDAT', deflateSync(rows)),
    chunk('IEND', Buffer.alloc(0)),
  ];
  return Buffer.concat([signature, ...parts]);
}

/** The same JPEG with another size in its frame header. */
export function jpegOfSize(jpeg: Buffer, width: number, height: number): Buffer {
  const result = Buffer.from(jpeg);
  for (let at = 2; at + 9 < result.length; ) {
    const marker = result.readUInt16BE(at);
    if (marker === 0xffc0 || marker === 0xffc2) {
      result.writeUInt16BE(height % 65_536, at + 5);
      result.writeUInt16BE(width % 65_536, at + 7);
      return result;
    }
    at += 2 + result.readUInt16BE(at + 2);
  }
  throw new Error('internal: a JPEG without a frame header');
}

/** A GIF with one frame of this size and a few codes. */
export function gifHeader(width: number, height: number): Buffer {
  const screen = Buffer.from('GIF89a....\x80\0\0\0\0\0\xff\xff\xff', 'latin1');
  const frame = Buffer.from(',\0\0\0\0....\0\x02\x02\x4c\x01\0;', 'latin1');
  for (const [part, at] of [
    [screen, 6],
    [frame, 5],
  ] as const) {
    part.writeUInt16LE(width, at);
    part.writeUInt16LE(height, at + 2);
  }
  return Buffer.concat([screen, frame]);
}

/** A TIFF with one strip that claims this size. */
export function tiffOf(width: number, height: number): Buffer {
  const entries = [
    [256, width],
    [257, height],
    [258, 8],
    [259, 1],
    [262, 1],
    [273, 0],
    [277, 1],
    [278, height],
    [279, 16],
  ] as const;
  const bytes = Buffer.alloc(8 + 2 + entries.length * 12 + 4 + 16);
  bytes.write('II*\0', 'latin1');
  bytes.writeUInt32LE(8, 4);
  bytes.writeUInt16LE(entries.length, 8);
  entries.forEach(([tag, value], i) => {
    const at = 10 + i * 12;
    bytes.writeUInt16LE(tag, at);
    bytes.writeUInt16LE(4, at + 2);
    bytes.writeUInt32LE(1, at + 4);
    bytes.writeUInt32LE(tag === 273 ? bytes.length - 16 : value, at + 8);
  });
  return bytes;
}
