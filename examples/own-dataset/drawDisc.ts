/** A disc on white, `[size, size, 3]`; its position, radius and colour depend only on the index. */
export function drawDisc(index: number, size: number): Uint8Array {
  const radius = size * (0.15 + 0.02 * (index % 8));
  const [x, y] = [0.3 + 0.4 * fraction(index * 0.618), 0.3 + 0.4 * fraction(index * 0.414)];
  const colour = [(index * 53) % 200, (index * 97) % 200, (index * 31) % 200];
  const pixels = new Uint8Array(size * size * 3).fill(255);
  for (let row = 0; row < size; row += 1) {
    for (let column = 0; column < size; column += 1) {
      const distance = Math.hypot(row + 0.5 - y * size, column + 0.5 - x * size);
      if (distance < radius) pixels.set(colour, 3 * (row * size + column));
    }
  }
  return pixels;
}

function fraction(value: number): number {
  return value - Math.floor(value);
}
