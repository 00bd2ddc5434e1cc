/**
 * Frames to the escape sequences that turn one into the next: every changed line is written at its own place, so that
 * nothing scrolls, nothing else is touched, and nothing flickers. Pure.
 */

const moveTo = (row: number) => `\u001b[${row};1H`;
const eraseRest = '\u001b[K';
const eraseBelow = '\u001b[J';
const resetStyle = '\u001b[0m';
/** Terminals that know these show all between them at once (synchronised output); others pass over them. */
const [begin, end] = ['\u001b[?2026h', '\u001b[?2026l'];

export interface Painter {
  /** What to write so that the screen shows `frame`, at most `rows` lines of it; empty where it does already. */
  paint(frame: string, rows: number): string;
  /** The screen holds nothing that is known any more: the next frame is written whole. */
  forget(): void;
}

export function createPainter(): Painter {
  let shown: readonly string[] | null = null;
  return {
    paint(frame, rows) {
      const lines = frame.split('\n').slice(0, rows);
      const before = shown ?? [];
      const changes = lines.flatMap((line, i) =>
        line === before[i] ? [] : [`${moveTo(i + 1)}${resetStyle}${line}${resetStyle}${eraseRest}`],
      );
      // Behind the last line of the screen there is no further one to erase from.
      if (before.length > lines.length) changes.push(`${moveTo(lines.length + 1)}${eraseBelow}`);
      if (shown === null) changes.unshift(`${resetStyle}${moveTo(1)}${eraseBelow}`);
      shown = lines;
      return changes.length > 0 ? `${begin}${changes.join('')}${end}` : '';
    },
    forget() {
      shown = null;
    },
  };
}
