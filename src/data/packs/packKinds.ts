/** Files of decoded images, which `datasetAt` reads again, by their extensions. */
import { extname } from 'node:path';
import { describeValue } from '../../base/messageText.js';
import type { ImagePack, PackOptions } from './imagePack.js';
import type { NewFile } from './newFile.js';
import { npzPack } from './npzPack.js';
import { tarPack } from './tarPack.js';

const kinds = { '.npz': npzPack, '.tar': tarPack };

/** @throws Error for the name of a file that cannot be written */
export function checkPackName(path: string): void {
  if (kindOf(path) !== null) return;
  const given = extname(path) ? `cannot write ${describeValue(extname(path))} files` : 'has no extension';
  throw new Error(`${path}: ${given}; use ${Object.keys(kinds).join(' or ')}`);
}

/** @throws Error when two images would get the same name */
export function imagePack(path: string, file: NewFile, options: PackOptions): ImagePack {
  checkPackName(path);
  return (kindOf(path) ?? npzPack)(file, options);
}

/** Bytes of a file that can be told before it is written. */
export function packBytes(
  path: string,
  images: number,
  { size, channels }: Omit<PackOptions, 'names'>,
): number {
  return kindOf(path) === npzPack ? images * size * size * channels : 0;
}

function kindOf(path: string) {
  const extension = extname(path).toLowerCase();
  return extension === '.npz' || extension === '.tar' ? kinds[extension] : null;
}
