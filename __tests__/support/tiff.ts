/** TIFF files of one colour, assembled by hand, with kinds of samples that the encoder does not write. */

export interface TiffKind {
  /** The samples of every pixel. */
  readonly pixel: readonly number[];
  readonly bits: 8 | 12 | 16 | 32;
  /** 1 unsigned, 2 signed, 3 floating point. @default 1 */
  readonly format?: number;
  /** 0 white is zero, 1 black is zero, 2 RGB, ... @default by the number of samples */
  readonly photometric?: number;
  /** Values of the tag ExtraSamples. @default no tag */
  readonly extra?: readonly number[];
  /** Whether the file is big-endian. @default false */
  readonly bigEndian?: boolean;
  /** Height and width. @default 8 */
  readonly size?: number;
}

const short = 3;
const long = 4;

export function tiff(kind: TiffKind): Buffer {
  const { pixel, bits, format = 1, bigEndian = false, size = 8, extra = [] } = kind;
  const { photometric = pixel.length >= 3 ? 2 : 1 } = kind;
  const view = (length: number) => new DataView(new ArrayBuffer(length));
  const width = Math.ceil(bits / 8);
  const data = view(size * size * pixel.length * width);
  for (let i = 0; i < size * size * pixel.length; i += 1) {
    const value = pixel[i % pixel.length] as number;
    const at = i * width;
    if (format === 3) data.setFloat32(at, value, !bigEndian);
    else if (width === 1) data.setUint8(at, value & 0xff);
    else if (width === 2) data.setUint16(at, value & 0xffff, !bigEndian);
    else data.setUint32(at, value >>> 0, !bigEndian);
  }
  const repeated = (value: number) => pixel.map(() => value);
  const entries: [tag: number, type: number, values: readonly number[]][] = [
    [256, short, [size]],
    [257, short, [size]],
    [258, short, repeated(bits)],
    [259, short, [1]],
    [262, short, [photometric]],
    [273, long, [8]],
    [277, short, [pixel.length]],
    [278, short, [size]],
    [279, long, [data.byteLength]],
    [284, short, [1]],
    ...(extra.length > 0 ? [[338, short, extra] as [number, number, readonly number[]]] : []),
    [339, short, repeated(format)],
  ];
  const directoryAt = 8 + data.byteLength + (data.byteLength % 2);
  let valuesAt = directoryAt + 2 + entries.length * 12 + 4;
  const file = view(valuesAt + entries.length * 16);
  const u16 = (at: number, value: number) => file.setUint16(at, value, !bigEndian);
  const u32 = (at: number, value: number) => file.setUint32(at, value, !bigEndian);
  u16(0, bigEndian ? 0x4d4d : 0x4949);
  u16(2, 42);
  u32(4, directoryAt);
  new Uint8Array(file.buffer).set(new Uint8Array(data.buffer), 8);
  u16(directoryAt, entries.length);
  entries.forEach(([tag, type, values], i) => {
    const at = directoryAt + 2 + i * 12;
    const length = type === short ? 2 : 4;
    u16(at, tag);
    u16(at + 2, type);
    u32(at + 4, values.length);
    const inline = values.length * length <= 4;
    if (!inline) u32(at + 8, valuesAt);
    values.forEach((value, j) => {
      const place = (inline ? at + 8 : valuesAt) + j * length;
      if (type === short) u16(place, value);
      else u32(place, value);
    });
    if (!inline) valuesAt += 16;
  });
  return Buffer.from(file.buffer);
}
