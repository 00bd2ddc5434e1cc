/**
 * A frame is an image as it is cached: fitted, but with all that crops may show. Without random crops it is the square of the
 * model's size; otherwise its shorter side is larger, and the longer one at most `mostAspect` times that.
 */
import type { ImageFit } from '../../config/imageFit.js';
import type { FitPosition } from '../../config/types.js';
import type { SizedImage } from '../sizedImage.js';

/** Of longer images, the rest is cut off before memory is allocated. */
const mostAspect = 4;

/** The shorter side of a frame. */
export function frameSide(size: number, { randomCrop }: Pick<ImageFit, 'randomCrop'>): number {
  return Math.max(size, Math.round(size * (randomCrop ?? 1)));
}

/** Height and width of a frame that is cut from an image of this height and width, without distorting it. */
export function coveringFrame(
  width: number,
  height: number,
  side: number,
): { width: number; height: number } {
  const longer = (length: number, other: number) =>
    Math.max(side, Math.min(mostAspect * side, Math.round((side * length) / other)));
  return { width: longer(width, height), height: longer(height, width) };
}

/** Where something begins that is moved within `room` pixels from left to right, and from top to bottom. */
export function placeIn(
  { right, down }: { readonly right: number; readonly down: number },
  position: FitPosition,
): { readonly left: number; readonly top: number } {
  const at = (room: number, begin: string, end: string) => {
    if (position.includes(begin)) return 0;
    return position.includes(end) ? room : Math.ceil(room / 2);
  };
  return { left: at(right, 'left', 'right'), top: at(down, 'top', 'bottom') };
}

/** The square of `size` at a place of a frame; the same array if that is all of it. */
export function squareOf(
  { width, height, pixels }: SizedImage,
  size: number,
  { left, top }: { readonly left: number; readonly top: number },
): Uint8Array {
  if (width === size && height === size) return pixels;
  const channels = pixels.length / (width * height);
  const square = new Uint8Array(size * size * channels);
  for (let row = 0; row < size; row += 1) {
    const begin = ((top + row) * width + left) * channels;
    square.set(pixels.subarray(begin, begin + size * channels), row * size * channels);
  }
  return square;
}

/** A colour image put into a square that is otherwise of one colour. */
export function paddedTo(
  side: number,
  image: SizedImage,
  position: FitPosition,
  colour: readonly number[],
): SizedImage {
  const { width, height, pixels } = image;
  if (width === side && height === side) return image;
  const { left, top } = placeIn({ right: side - width, down: side - height }, position);
  const square = new Uint8Array(side * side * 3);
  for (let i = 0; i < square.length; i += 1) square[i] = colour[i % 3] as number;
  for (let row = 0; row < height; row += 1) {
    square.set(pixels.subarray(row * width * 3, (row + 1) * width * 3), ((top + row) * side + left) * 3);
  }
  return { width: side, height: side, pixels: square };
}
