/** An array of images in a file as a dataset, whatever the file's format. */
import { messageOf } from '../../base/errors.js';
import { printable } from '../../base/messageText.js';
import type { ByteSource } from '../bytes/byteSource.js';
import { type Closable, reopening } from '../bytes/reopening.js';
import { DamagedImageError } from '../damagedImageError.js';
import type { Dataset, DatasetItem } from '../dataset.js';
import { DatasetError } from '../datasetError.js';
import { oneFileIdentity } from '../oneFileIdentity.js';
import type { SizedImage } from '../sizedImage.js';
import {
  type ArrayLayout,
  imageBytes,
  imageOffset,
  imagePixels,
  numpyNames,
  type SampleFormat,
} from './arrayLayout.js';
import { checkRange } from './checkRange.js';

export interface ArrayFile extends Closable {
  readonly layout: ArrayLayout;
  readonly bytes: ByteSource;
}

/**
 * Images of an array, read one at a time and named by their index: 00000, 00001, ... Images of another size than the model's are
 * resized as those of a folder are.
 *
 * @param path path of the file
 * @param open finds the array in it; its errors become those of `items`, a `DatasetError`
 * @param name of the dataset, if it is not the path
 */
export function arrayDataset(path: string, open: () => Promise<ArrayFile>, name = path): Dataset {
  const opened = reopening(async () => {
    try {
      return await open();
    } catch (error) {
      throw new DatasetError(name, messageOf(error), { cause: error });
    }
  });
  return {
    name,
    async items(signal, warn) {
      const { layout, bytes } = await opened.get();
      try {
        await checkRange(layout, bytes, signal);
      } catch (error) {
        if (!(error instanceof RangeError)) throw error;
        throw new DatasetError(name, error.message, { cause: error });
      }
      if (layout.doubt !== undefined) warn(`${printable(name)}: ${layout.doubt}`);
      const at = (index: number): DatasetItem => ({ name: String(index).padStart(5, '0') });
      return { length: layout.count, at };
    },
    async decode(item) {
      const { layout, bytes } = await opened.get();
      const length = imageBytes(layout);
      const read = await bytes.read(imageOffset(layout, Number(item.name)), length);
      if (read.length < length) throw new DamagedImageError('the file ends before it');
      return sizedImage(layout, read);
    },
    async stored() {
      const { width, height, channels, type } = (await opened.get()).layout;
      return { format: numpyNames[type], width, height, channels, alpha: false };
    },
    identity: () => oneFileIdentity(path),
    close: () => opened.close(),
  };
}

/** The bytes of one image as pixels. @throws DamagedImageError */
export function sizedImage(format: SampleFormat, bytes: Buffer): SizedImage {
  const { height, width } = format;
  return { width, height, pixels: imagePixels(format, bytes) };
}

/**
 * Reads the layout of an array from bytes, and checks that they are as long as it says.
 * @throws what `layoutOf` throws, or an error that says how long the bytes are; then they are closed
 */
export async function arrayIn(
  bytes: ByteSource,
  layoutOf: (bytes: ByteSource) => Promise<ArrayLayout>,
): Promise<ArrayFile> {
  try {
    const layout = await layoutOf(bytes);
    const expected = imageOffset(layout, layout.count) - (layout.gap ?? 0);
    if (bytes.size !== expected) {
      throw new Error(`expected ${expected} bytes by its header, got ${bytes.size}; download it again`);
    }
    return { layout, bytes, close: () => bytes.close() };
  } catch (error) {
    await bytes.close();
    throw error;
  }
}
