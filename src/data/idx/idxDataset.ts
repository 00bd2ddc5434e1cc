import { stat } from 'node:fs/promises';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { messageOf } from '../../base/errors.js';
import { DamagedImageError } from '../damagedImageError.js';
import type { DataForm } from '../dataForm.js';
import type { Dataset, DatasetItem } from '../dataset.js';
import { DatasetError } from '../datasetError.js';
import { resizedPixels } from '../decodeImage.js';
import { digest } from '../digest.js';
import { readImageFile, readPart, readStart } from '../readImageFile.js';
import { type IdxShape, idxShape, isGzip, isIdx, longestIdxHeader } from './idxHeader.js';

/** Decompressed, a file is in memory; no image set of this form that is published comes near. */
const largestDecompressed = 2 ** 31 - 1;
/** How much of a file says whether it is the same file. */
const sampledBytes = 2 ** 20;

/** IDX files, also compressed with gzip. */
export const idxForm: DataForm = {
  name: 'an IDX file',
  accepts: ({ start }) => isIdx(start),
  open: idxDataset,
};

/**
 * Creates a dataset of the images in an IDX file, the form of MNIST and its kin: bytes `[n, height, width]`, or with 1 or 3 channels
 * last. Images are read one at a time; only a file compressed with gzip is decompressed into memory, once. Images of
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
  let opened: Promise<IdxImages> | undefined;
  const images = () => {
    opened ??= openImages(path);
    return opened;
  };
  return {
    name: path,
    async items() {
      const { shape } = await images();
      const at = (index: number): DatasetItem => ({ name: String(index).padStart(5, '0') });
      return { length: shape.count, at };
    },
    async decode({ name }, size) {
      const { shape, read } = await images();
      const { height, width, channels } = shape;
      const samples = await read(Number(name));
      if (samples.length < height * width * channels) throw new DamagedImageError('the file ends before it');
      if (height === size && width === size) return new Uint8Array(samples);
      return resizedPixels(samples, { width, height, channels }, size);
    },
    async identity() {
      return `${(await stat(path)).size}/${digest([await readStart(path, sampledBytes)])}`;
    },
  };
}

interface IdxImages {
  readonly shape: IdxShape;
  /** The samples of an image; fewer if the file was cut off meanwhile. */
  read(index: number): Promise<Buffer>;
}

/** @throws DatasetError */
async function openImages(path: string): Promise<IdxImages> {
  try {
    const start = await readStart(path, longestIdxHeader);
    const whole = isGzip(start) ? await decompressed(path) : null;
    const shape = idxShape(whole ?? start);
    const length = shape.height * shape.width * shape.channels;
    const positionOf = (index: number) => shape.offset + index * length;
    checkLength(whole?.length ?? (await stat(path)).size, positionOf(shape.count));
    if (whole === null) return { shape, read: (index) => readPart(path, positionOf(index), length) };
    return { shape, read: async (index) => whole.subarray(positionOf(index), positionOf(index + 1)) };
  } catch (error) {
    throw new DatasetError(path, messageOf(error), { cause: error });
  }
}

async function decompressed(path: string): Promise<Buffer> {
  try {
    return await promisify(gunzip)(await readImageFile(path), { maxOutputLength: largestDecompressed });
  } catch (error) {
    throw new Error(
      `it cannot be decompressed (${messageOf(error)}); download it again, or decompress it with gunzip`,
      {
        cause: error,
      },
    );
  }
}

function checkLength(bytes: number, expected: number): void {
  if (bytes === expected) return;
  throw new Error(`expected ${expected} bytes by its header, got ${bytes}; download it again`);
}
