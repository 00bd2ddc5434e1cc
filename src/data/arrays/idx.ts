/** IDX files, the form in which MNIST and its kin are published: one array, after its type and shape. */
import type { ByteSource } from '../bytes/byteSource.js';
import { openBytes } from '../bytes/openBytes.js';
import type { DataForm } from '../dataForm.js';
import type { Dataset } from '../dataset.js';
import { arrayDataset, arrayIn } from './arrayDataset.js';
import type { ArrayLayout } from './arrayLayout.js';

const unsignedBytes = 0x08;
const types = new Map([
  [unsignedBytes, 'bytes'],
  [0x09, 'signed bytes'],
  [0x0b, '16-bit integers'],
  [0x0c, '32-bit integers'],
  [0x0d, '32-bit floats'],
  [0x0e, '64-bit floats'],
]);
/** The longest beginning that an array of images can have: type, four numbers. */
const longestHeader = 20;

/** IDX files, also compressed with gzip. */
export const idxForm: DataForm = {
  accepts: ({ start }) => isIdx(start),
  open: idxDataset,
};

/**
 * Creates a dataset of the images in an IDX file, the form of MNIST and its kin: bytes `[n, height, width]`, or with 1 or 3 channels
 * last. Images are read one at a time; a file compressed with gzip is decompressed once, into memory or beyond 256 MiB to disk. Images of
 * another size than the model's are resized as those of a folder are. The name of an image is its index: 00000, 00001, ...
 *
 * `items` throws a `DatasetError` when the file is missing, truncated, or has something else than images.
 *
 * @param path path of the file, such as train-images-idx3-ubyte or train-images-idx3-ubyte.gz
 *
 * @example
 * train(config, { dataset: idxDataset('train-images-idx3-ubyte') });
 */
export function idxDataset(path: string): Dataset {
  return arrayDataset(path, async () => arrayIn(await openBytes(path), idxLayout));
}

/** Whether bytes begin as an IDX file: two zeros, a type, and one to four dimensions. */
function isIdx(bytes: Uint8Array): boolean {
  const [zero, alsoZero, type = 0, dimensions = 0] = bytes;
  return zero === 0 && alsoZero === 0 && types.has(type) && dimensions >= 1 && dimensions <= 4;
}

/** @throws RangeError for an array that is not of images, with what was expected */
async function idxLayout(bytes: ByteSource): Promise<ArrayLayout> {
  const header = await bytes.read(0, longestHeader);
  const [, , type = 0, dimensions = 0] = header;
  const offset = 4 + 4 * dimensions;
  if (!isIdx(header)) throw new RangeError('expected an IDX file of images, got something else');
  if (header.length < offset)
    throw new RangeError('the file ends within its header; copy or download it again');
  const sizes = Array.from({ length: dimensions }, (_, i) => header.readUInt32BE(4 + 4 * i));
  const [count = 0, height = 0, width = 0, channels = 1] = sizes;
  const array = `${types.get(type)} of shape [${sizes.join(', ')}]`;
  if (dimensions === 1) throw new RangeError(`labels, not images (${array}); give the file of the images`);
  const isImages = type === unsignedBytes && dimensions >= 3 && height > 0 && width > 0;
  if (!isImages || (channels !== 1 && channels !== 3)) {
    const expected = 'bytes of shape [n, height, width] or [n, height, width, 1 or 3]';
    throw new RangeError(`expected ${expected}, got ${array}`);
  }
  if (count === 0)
    throw new RangeError(`it has no images (${array}); download it again, or give another file`);
  return { count, height, width, channels, channelsFirst: false, type: 'u1', littleEndian: false, offset };
}
