/**
 * Frames to the escape sequences that turn one into the next: every changed line is written at its own place, so that
 * nothing scrolls, nothing else is touched, and nothing flickers. Pure.
 */

const moveTo = (row: number, column = 0) => `\u001b[${row + 1};${column + 1}H`;
const eraseRest = '\u001b[K';
const eraseBelow = '\u001b[J';
const resetStyle = '\u001b[0m';
/** Terminals that know these show all between them at once (synchronised output); others pass over them. */
const [begin, end] = ['\u001b[?2026h', '\u001b[?2026l'];

/** Lines that lie over a frame, in character cells from the upper left of the screen. */
export interface Overlay {
  readonly row: number;
  readonly column: number;
  readonly lines: readonly string[];
}

export interface Painter {
  /**
   * What to write so that the screen shows `frame`, at most `rows` lines of it, with `overlays` over it; empty where it
   * does already.
   */
  paint(frame: string, rows: number, overlays?: Iterable<Overlay>): string;
  /** The screen holds nothing that is known any more: the next frame is written whole. */
  forget(): void;
}

export function createPainter(): Painter {
  let shown: readonly string[] | null = null;
  return {
    paint(frame, rows, overlays = []) {
      const lines = withOverlays(frame.split('\n').slice(0, rows), overlays);
      const before = shown ?? [];
      const changes = lines.flatMap((line, row) => (line === before[row] ? [] : [`${moveTo(row)}${line}`]));
      // Behind the last line of the screen there is no further one to erase from.
      if (before.length > lines.length) changes.push(`${moveTo(lines.length)}${eraseBelow}`);
      if (shown === null) changes.unshift(`${resetStyle}${moveTo(0)}${eraseBelow}`);
      shown = lines;
      return changes.length > 0 ? `${begin}${changes.join('')}${end}` : '';
    },
    forget() {
      shown = null;
    },
  };
}

/** Each line as it is written, with what lies over it behind it. */
function withOverlays(frame: readonly string[], overlays: Iterable<Overlay>): string[] {
  const lines = frame.map((line) => `${resetStyle}${line}${resetStyle}${eraseRest}`);
  for (const { row, column, lines: over } of overlays) {
    for (const [i, line] of over.entries()) {
      if (row + i < lines.length) lines[row + i] += `${moveTo(row + i, column)}${line}${resetStyle}`;
    }
  }
  return lines;
}
