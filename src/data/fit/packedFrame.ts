/** A frame as the bytes that a cache keeps: after the pixels, its width and height. */
import type { SizedImage } from '../sizedImage.js';

const trailer = 8;

export function packFrame({ width, height, pixels }: SizedImage): Uint8Array {
  const bytes = new Uint8Array(pixels.length + trailer);
  bytes.set(pixels);
  const view = new DataView(bytes.buffer, pixels.length);
  view.setUint32(0, width);
  view.setUint32(4, height);
  return bytes;
}

/** The pixels are those of the packed bytes, not a copy. */
export function unpackFrame(bytes: Uint8Array): SizedImage {
  const end = bytes.length - trailer;
  const view = new DataView(bytes.buffer, bytes.byteOffset + end);
  return { width: view.getUint32(0), height: view.getUint32(4), pixels: bytes.subarray(0, end) };
}
