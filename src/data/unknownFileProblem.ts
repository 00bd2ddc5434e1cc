import { extname } from 'node:path';
import { isImageStart, isReadable, typeOfFile, unreadableFormat } from './formats.js';
import { readStart } from './readImageFile.js';

const forms = 'zip, tar, tar.gz, IDX, NumPy, CIFAR, TFRecord, LMDB, Parquet, list of paths';
const again = 'download or copy it again';

/** How files that have to be packed in another way start, what they are, and the remedy. */
const packed = [
  ['BZh', 'bzip2', 'compress it with gzip instead, or make a zip archive'],
  ['\xfd7zXZ', 'xz', 'compress it with gzip instead, or make a zip archive'],
  ['\x28\xb5\x2f\xfd', 'Zstandard', 'compress it with gzip instead, or make a zip archive'],
  ['7z\xbc\xaf', '7-Zip', 'make a zip archive of the images instead'],
  ['Rar!', 'RAR', 'make a zip archive of the images instead'],
] as const;

/**
 * What is wrong with a file that no form of data accepts, and what to do; null if it is an image by its name or its content, damaged or
 * not. A file that cannot be read at the moment counts as an image, since reading it says why.
 */
export async function unknownFileProblem(path: string): Promise<string | null> {
  const extension = extname(path).slice(1).toLowerCase();
  if (isReadable(extension) || unreadableFormat(extension) !== null) return null;
  const start = await readStart(path, 64).catch(() => null);
  if (start === null || isImageStart(start)) return null;
  if (start.length === 0) return `the file is empty; ${again}`;
  const beginning = start.toString('latin1');
  const [, type = typeOfFile(start), remedy = `${again}, or save the images in one of these forms`] =
    packed.find(([signature]) => beginning.startsWith(signature)) ?? [];
  const content = type === null ? 'its content' : `its content (${type})`;
  return `${content} is none of the forms that are read (${forms}); ${remedy}`;
}
