/** Files of decoded images of one size, which `datasetAt` reads again. */
import { extname } from 'node:path';
import { describeValue } from '../../base/messageText.js';
import type { ImageChannels } from '../../config/types.js';
import type { NewFile } from './newFile.js';
import { npzPack } from './npzPack.js';
import { tarPack } from './tarPack.js';

export interface PackOptions {
  /** Height and width of the images. */
  readonly size: number;
  readonly channels: ImageChannels;
  /** The names of all images that may come, in any order. */
  readonly names: { readonly length: number; name(index: number): string };
}

/** Writes one file of images. */
export interface ImagePack {
  /** What is written for an image; several may be made at once. */
  encoded(pixels: Uint8Array): Promise<Uint8Array>;
  /** Appends an image. One at a time. */
  add(name: string, encoded: Uint8Array): Promise<void>;
  /** Completes the content of the file. */
  end(): Promise<void>;
}

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
