/** The beginning of an IDX file, the form in which MNIST and its kin are published: type and shape of one array. */

/** An array of images of bytes. */
export interface IdxShape {
  readonly count: number;
  readonly height: number;
  readonly width: number;
  readonly channels: 1 | 3;
  /** Where the first image begins. */
  readonly offset: number;
}

/** The longest beginning that an array of images can have: type, four numbers. */
export const longestIdxHeader = 20;

const unsignedBytes = 0x08;
const types = new Map([
  [0x08, 'bytes'],
  [0x09, 'signed bytes'],
  [0x0b, '16-bit integers'],
  [0x0c, '32-bit integers'],
  [0x0d, '32-bit floats'],
  [0x0e, '64-bit floats'],
]);

/** Whether bytes begin as an IDX file: two zeros, a type, and one to four dimensions. */
export function isIdx(bytes: Uint8Array): boolean {
  const [zero, alsoZero, type = 0, dimensions = 0] = bytes;
  return zero === 0 && alsoZero === 0 && types.has(type) && dimensions >= 1 && dimensions <= 4;
}

export function isGzip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b;
}

/**
 * Reads the shape of an array of images: bytes `[count, height, width]`, or `[count, height, width, 1 or 3]`.
 * @throws RangeError for another array, with what was expected
 */
export function idxShape(bytes: Buffer): IdxShape {
  const [, , type = 0, dimensions = 0] = bytes;
  const offset = 4 + 4 * dimensions;
  if (!isIdx(bytes)) throw new RangeError('expected an IDX file of images, got something else');
  if (bytes.length < offset)
    throw new RangeError('the file ends within its header; copy or download it again');
  const sizes = Array.from({ length: dimensions }, (_, i) => bytes.readUInt32BE(4 + 4 * i));
  const [count = 0, height = 0, width = 0, channels = 1] = sizes;
  const array = `${types.get(type)} of shape [${sizes.join(', ')}]`;
  if (dimensions === 1) throw new RangeError(`labels, not images (${array}); give the file of the images`);
  const isImages = type === unsignedBytes && dimensions >= 3 && height > 0 && width > 0;
  if (!isImages || (channels !== 1 && channels !== 3)) {
    const expected = 'bytes of shape [n, height, width] or [n, height, width, 1 or 3]';
    throw new RangeError(`expected ${expected}, got ${array}`);
  }
  return { count, height, width, channels, offset };
}
