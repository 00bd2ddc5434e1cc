/**
 * The same bytes in pieces of `pieceSize`; the last may be smaller. Small parts are combined, large ones divided. The memory of a
 * piece is reused for the next.
 */
export function* joinedPieces(parts: Iterable<Uint8Array>, pieceSize: number): Generator<Uint8Array> {
  const piece = new Uint8Array(pieceSize);
  let filled = 0;
  for (const part of parts) {
    for (let done = 0; done < part.length; ) {
      const length = Math.min(part.length - done, piece.length - filled);
      piece.set(part.subarray(done, done + length), filled);
      done += length;
      filled += length;
      if (filled === piece.length) {
        yield piece;
        filled = 0;
      }
    }
  }
  if (filled > 0) yield piece.subarray(0, filled);
}
