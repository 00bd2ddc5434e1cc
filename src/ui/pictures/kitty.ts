/**
 * Pictures in the kitty graphics protocol (https://sw.kovidgoyal.net/kitty/graphics-protocol): a PNG in chunks, over a number of
 * character cells. Pure. The terminal sends no response (`q=2`).
 */

/** Maximum number of base64 characters in one chunk. */
const pieceLength = 4096;

export interface KittyPlace {
  /** Size in character cells, to which the picture is stretched. */
  readonly columns: number;
  readonly rows: number;
  /** Id to replace and delete the picture; the cursor stays in place. Without an id it behaves like printed text. */
  readonly id?: number;
}

/** Shows a PNG at the cursor; replaces the terminal's picture with this id. */
export function kittyPicture(png: Buffer, { columns, rows, id }: KittyPlace): string {
  const text = png.toString('base64');
  const pieces = Array.from({ length: Math.ceil(text.length / pieceLength) }, (_, i) =>
    text.slice(i * pieceLength, (i + 1) * pieceLength),
  );
  const name = id === undefined ? '' : `,i=${id},C=1`;
  const first = `a=T,f=100,c=${columns},r=${rows}${name},`;
  return pieces
    .map(
      (piece, i) => `\u001b_G${i === 0 ? first : ''}q=2,m=${i < pieces.length - 1 ? 1 : 0};${piece}\u001b\\`,
    )
    .join('');
}

/** Removes a picture from the screen and from the terminal's memory. */
export function kittyDeletion(id: number): string {
  return `\u001b_Ga=d,d=I,i=${id},q=2\u001b\\`;
}
