/** Decodes sixels, independently of the encoder. */

export interface Sixels {
  readonly width: number;
  readonly height: number;
  /** Red, green, blue per pixel; -1 if nothing was drawn. */
  readonly pixels: Int16Array;
}

/** @throws Error if the text is not a sixel picture, or draws beyond its declared size */
export function readSixels(text: string): Sixels {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: sixels begin and end with control characters
  const parts = /^\u001bP0;1;0q"1;1;(\d+);(\d+)(.*)\u001b\\$/s.exec(text);
  if (!parts) throw new Error(`expected sixels, got ${JSON.stringify(text.slice(0, 40))}`);
  const [width, height] = [Number(parts[1]), Number(parts[2])];
  const pixels = new Int16Array(width * height * 3).fill(-1);
  const palette = new Map<number, number[]>();
  let [x, y, colour] = [0, 0, 0];
  const draw = (bits: number) => {
    for (let i = 0; i < 6; i += 1) {
      if (((bits >> i) & 1) === 0) continue;
      if (x >= width || y + i >= height) throw new Error(`drawn at ${x}, ${y + i} of ${width} x ${height}`);
      pixels.set(palette.get(colour)!, 3 * ((y + i) * width + x));
    }
    x += 1;
  };
  for (const [token, , , count, repeated] of parts[3]!.matchAll(
    /#(\d+)((?:;\d+)*)|!(\d+)([?-~])|[$-]|[?-~]/g,
  )) {
    if (token === '$') x = 0;
    else if (token === '-') [x, y] = [0, y + 6];
    else if (token.startsWith('#')) {
      const [number, space, ...values] = token.slice(1).split(';').map(Number);
      colour = number!;
      if (space === 2)
        palette.set(
          colour,
          values.map((value) => Math.round(value * 2.55)),
        );
    } else for (let i = 0; i < Number(count ?? 1); i += 1) draw((repeated ?? token).charCodeAt(0) - 63);
  }
  return { width, height, pixels };
}
