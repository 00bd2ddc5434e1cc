/**
 * Repeats grey as red, green and blue.
 *
 * @param pixels one value per pixel; not changed
 * @returns three equal values per pixel
 */
export function colourPixels(pixels: Uint8Array): Uint8Array {
  const colours = new Uint8Array(3 * pixels.length);
  for (let i = 0, to = 0; i < pixels.length; i += 1, to += 3) {
    const value = pixels[i]!;
    colours[to] = value;
    colours[to + 1] = value;
    colours[to + 2] = value;
  }
  return colours;
}
