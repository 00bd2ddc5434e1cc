/** What writes files of decoded images of one size. */
import type { ImageChannels } from '../../config/types.js';

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
