/** Dots and lines drawn with braille characters, two by four dots per cell. Pure. */
export interface BrailleCanvas {
  /** Sets a dot, in dots from the upper left; dots outside are ignored. */
  dot(x: number, y: number): void;
  line(from: readonly [number, number], to: readonly [number, number]): void;
  /** The character of a cell; a space if it has no dot. */
  character(column: number, row: number): string;
}

/** Bits of the two by four dots of a braille character, row by row. */
const bits = [
  [0x01, 0x08],
  [0x02, 0x10],
  [0x04, 0x20],
  [0x40, 0x80],
] as const;

export function brailleCanvas(columns: number, rows: number): BrailleCanvas {
  const masks = new Uint8Array(columns * rows);
  const dot = (x: number, y: number) => {
    const [left, top] = [Math.round(x), Math.round(y)];
    if (left < 0 || top < 0 || left >= 2 * columns || top >= 4 * rows) return;
    masks[(top >> 2) * columns + (left >> 1)]! |= bits[top & 3]![left & 1]!;
  };
  return {
    dot,
    line([x0, y0], [x1, y1]) {
      const steps = Math.max(1, Math.ceil(Math.max(Math.abs(x1 - x0), Math.abs(y1 - y0))));
      for (let i = 0; i <= steps; i++) dot(x0 + ((x1 - x0) * i) / steps, y0 + ((y1 - y0) * i) / steps);
    },
    character(column, row) {
      const mask = masks[row * columns + column] ?? 0;
      return mask === 0 ? ' ' : String.fromCharCode(0x2800 + mask);
    },
  };
}
