/**
 * Pictures in sixels (DEC STD 070, chapter "Graphics"): bands of six rows, drawn once for each colour in them; a character is a
 * column of six pixels. Pure.
 */
import type { IndexedImage } from './quantise.js';

const bandHeight = 6;
const first = '?'.charCodeAt(0);
/** Run-length encoding does not shorten shorter runs. */
const shortestRun = 4;

/** Draws a picture at the cursor; each pixel is one screen pixel, and the surroundings stay. */
export function sixelPicture({ width, height, palette, indices }: IndexedImage): string {
  const percent = (value: number) => Math.round((value * 100) / 255);
  const colours = palette.map((colour, i) => `#${i};2;${colour.map(percent).join(';')}`);
  const bands = Array.from({ length: Math.ceil(height / bandHeight) }, (_, i) => {
    const rows = indices.subarray(i * bandHeight * width, Math.min(height, (i + 1) * bandHeight) * width);
    return [...columnsByColour(rows, width)]
      .map(([colour, columns]) => `#${colour}${runs(columns)}`)
      .join('$');
  });
  return `\u001bP0;1;0q"1;1;${width};${height}${colours.join('')}${bands.join('-')}\u001b\\`;
}

/** For each colour of a band: the pixels of that colour in each column as six bits, the uppermost pixel as the lowest bit. */
function columnsByColour(band: Uint8Array, width: number): Map<number, Uint8Array> {
  const found = new Map<number, Uint8Array>();
  for (const [i, colour] of band.entries()) {
    const columns = found.get(colour) ?? new Uint8Array(width);
    found.set(colour, columns);
    columns[i % width]! |= 1 << Math.floor(i / width);
  }
  return found;
}

function runs(columns: Uint8Array): string {
  const end = columns.findLastIndex((bits) => bits !== 0) + 1;
  let [text, begin] = ['', 0];
  for (let i = 1; i <= end; i++) {
    if (i < end && columns[i] === columns[begin]) continue;
    const character = String.fromCharCode(first + columns[begin]!);
    const length = i - begin;
    text += length < shortestRun ? character.repeat(length) : `!${length}${character}`;
    begin = i;
  }
  return text;
}
