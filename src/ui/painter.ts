/**
 * Turns frames into escape sequences that update the screen. Only the changed parts of a line are written, so that nothing scrolls
 * or flickers. Overlays occupy separate parts of the lines: a clock that changes beside a picture does not redraw the picture.
 * Pure.
 */
import { lineAround, type Stretch } from './lineAround.js';
import type { Bitmap } from './pictures/bitmap.js';

const moveTo = (row: number, column = 0) => `\u001b[${row + 1};${column + 1}H`;
const eraseNext = (columns: number) => `\u001b[${columns}X`;
const eraseRest = '\u001b[K';
const eraseLine = '\u001b[2K';
const eraseBelow = '\u001b[J';
const resetStyle = '\u001b[0m';
/** Synchronised output: terminals that support it show everything between the two at once; others ignore them. */
const [begin, end] = ['\u001b[?2026h', '\u001b[?2026l'];
/** First id of a picture; a number that other programs hardly use ("nvae"). */
const firstId = 0x6e766165;

/** Content over an empty part of a frame, in character cells from the upper left of the screen. */
export type Overlay = TextOverlay | BitmapOverlay;

interface Place {
  readonly row: number;
  readonly column: number;
}

export interface TextOverlay extends Place {
  /** Lines, none wider than `columns`. */
  readonly lines: readonly string[];
  readonly columns: number;
}

/** A picture that is drawn when the object is new, or when written text has touched its cells. */
export interface BitmapOverlay extends Place {
  readonly bitmap: Bitmap;
}

export interface Painter {
  /**
   * Returns the text that makes the screen show at most `rows` lines of `frame`, with `overlays` on top; empty if nothing has
   * changed.
   */
  paint(frame: string, rows: number, overlays?: Iterable<Overlay>): string;
  /** Call when the content of the screen is unknown: the next frame is written completely. */
  forget(): void;
  /** Returns the text that deletes all pictures when the screen closes. */
  wipe(): string;
}

/** A part of a line that is written in one go. */
interface Span {
  readonly column: number;
  /** Width; null: to the end of the line. */
  readonly columns: number | null;
  readonly text: string;
  /** The picture that is drawn over it. */
  readonly picture: BitmapOverlay | null;
}

interface Line {
  readonly text: string;
  readonly spans: readonly Span[];
}

export function createPainter(): Painter {
  let shown: readonly Line[] | null = null;
  const ids = new Map<BitmapOverlay, number>();
  let nextId = firstId;

  /** Erases pictures that must not stay on the screen. */
  const erased = (stay: (picture: BitmapOverlay) => boolean) => {
    const gone = [...ids].filter(([picture]) => !stay(picture));
    for (const [picture] of gone) ids.delete(picture);
    return gone.map(([{ bitmap }, id]) => bitmap.erase(id));
  };
  const drawn = (picture: BitmapOverlay) => {
    const id = ids.get(picture) ?? nextId++;
    ids.set(picture, id);
    return `${moveTo(picture.row, picture.column)}${picture.bitmap.draw(id)}`;
  };
  return {
    paint(frame, rows, overlays = []) {
      const texts = frame.split('\n').slice(0, rows);
      const fitting = [...overlays].filter((each) => !isPicture(each) || bottomOf(each) <= texts.length);
      const pictures = fitting.filter(isPicture);
      const lines = texts.map((text, row) => lineOf(text, row, fitting, shown?.[row]));
      const changes = lines.map((line, row) => changesOf(line, row, shown?.[row]));
      const written = [
        ...erased((picture) => shown !== null && pictures.includes(picture)),
        ...(shown === null ? [`${resetStyle}${moveTo(0)}${eraseBelow}`] : []),
        ...changes.map(({ text }) => text),
        // Only a frame with fewer lines has anything to erase below its last line.
        ...((shown?.length ?? 0) > lines.length ? [`${moveTo(lines.length)}${eraseBelow}`] : []),
        ...pictures
          .filter((picture) => !ids.has(picture) || changes.some(({ touched }) => touched.includes(picture)))
          .map(drawn),
      ].join('');
      shown = lines;
      return written ? `${begin}${written}${end}` : '';
    },
    forget() {
      shown = null;
    },
    wipe: () => erased(() => false).join(''),
  };
}

function isPicture(overlay: Overlay): overlay is BitmapOverlay {
  return 'bitmap' in overlay;
}

/** The row below a picture. */
function bottomOf({ row, bitmap }: BitmapOverlay): number {
  return row + bitmap.rows;
}

/** Splits a line into its parts; computed again only if something has changed. */
function lineOf(text: string, row: number, overlays: readonly Overlay[], before: Line | undefined): Line {
  const covers = coversOf(row, overlays);
  const known = before?.text === text && samePlaces(coveredBy(before.spans), covers);
  const pieces = known
    ? before.spans.filter((_, i) => i % 2 === 0).map((span) => span.text)
    : lineAround(text, covers);
  const spans = pieces.flatMap((piece, i): Span[] => {
    const [left, right] = [covers[i - 1], covers[i]];
    const column = left ? left.column + left.columns : 0;
    const around = { column, columns: right ? right.column - column : null, text: piece, picture: null };
    return right ? [around, right] : [around];
  });
  return { text, spans };
}

/** Overlays in a row, from left to right; an overlay that begins within another is left out. */
function coversOf(row: number, overlays: readonly Overlay[]): (Span & Stretch)[] {
  const found = overlays.flatMap((overlay): (Span & Stretch)[] => {
    const { column } = overlay;
    if (!isPicture(overlay)) {
      const text = overlay.lines[row - overlay.row];
      return text === undefined ? [] : [{ column, columns: overlay.columns, text, picture: null }];
    }
    const { columns } = overlay.bitmap;
    const inside = row >= overlay.row && row < bottomOf(overlay);
    return inside ? [{ column, columns, text: ' '.repeat(columns), picture: overlay }] : [];
  });
  let free = 0;
  return found
    .toSorted((a, b) => a.column - b.column)
    .filter(({ column, columns }) => {
      const isFree = column >= free;
      if (isFree) free = column + columns;
      return isFree;
    });
}

/** The spans of overlays: every second one. */
function coveredBy(spans: readonly Span[]): readonly Span[] {
  return spans.filter((_, i) => i % 2 === 1);
}

function samePlaces(some: readonly Span[], others: readonly Span[]): boolean {
  return (
    some.length === others.length &&
    some.every(({ column, columns }, i) => column === others[i]?.column && columns === others[i]?.columns)
  );
}

interface Changes {
  readonly text: string;
  /** Pictures whose cells are overwritten. */
  readonly touched: readonly BitmapOverlay[];
}

function changesOf({ spans }: Line, row: number, before: Line | undefined): Changes {
  const picturesOf = (some: readonly Span[]) => some.flatMap(({ picture }) => picture ?? []);
  if (before !== undefined && samePlaces(before.spans, spans)) {
    const changed = spans.filter(
      ({ text, picture }, i) => text !== before.spans[i]?.text || picture !== before.spans[i]?.picture,
    );
    return { text: changed.map((span) => written(span, row)).join(''), touched: picturesOf(changed) };
  }
  const texts = spans.filter(({ text, picture }) => text !== '' && !picture);
  return {
    text: `${moveTo(row)}${resetStyle}${eraseLine}${texts.map((span) => placed(span, row)).join('')}`,
    touched: picturesOf(spans),
  };
}

/** Replaces the content of a span's cells. Erases first, because after a full line the cursor is on its last cell. */
function written(span: Span, row: number): string {
  if (span.columns === 0) return '';
  return placed(span, row, span.columns === null ? eraseRest : eraseNext(span.columns));
}

function placed({ column, text }: Span, row: number, before = ''): string {
  return `${moveTo(row, column)}${resetStyle}${before}${text}${resetStyle}`;
}
