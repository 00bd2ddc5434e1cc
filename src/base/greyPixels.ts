/** The weights of red, green and blue in ITU-R BT.601, in units of 2^-16; they add up to 1, so that grey stays as it is. */
const [red, green, blue] = [19_595, 38_470, 7471];
const half = 2 ** 15;

/**
 * Reduces colour to grey: the luma of ITU-R BT.601, 0.299 red + 0.587 green + 0.114 blue of the 8-bit values, rounded.
 *
 * @param pixels red, green and blue of each pixel; not changed
 * @returns one value per pixel
 */
export function greyPixels(pixels: Uint8Array): Uint8Array {
  const grey = new Uint8Array(pixels.length / 3);
  for (let i = 0, from = 0; i < grey.length; i += 1, from += 3) {
    grey[i] = (red * pixels[from]! + green * pixels[from + 1]! + blue * pixels[from + 2]! + half) >> 16;
  }
  return grey;
}
