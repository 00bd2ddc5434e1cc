/** Fits single-line texts into a width, measured in terminal cells. Pure. */
import stringWidth from 'string-width';

/** Letters, frames and blocks, each one cell wide. */
const narrow = /^[ -~\u00a0-\u02ff\u2010-\u2027\u2190-\u21ff\u2500-\u25fc\u2800-\u28ff]*$/;

/** Whether each character of a text is one code unit and one cell. */
export function isNarrow(text: string): boolean {
  return narrow.test(text);
}

/** Width in cells of a text without escape sequences. */
export function widthOf(text: string): number {
  return narrow.test(text) ? text.length : stringWidth(text);
}

/** Replaces anything that moves the cursor or changes the writing direction with a space. */
export function oneLine(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences consist of them
  const plain = text.replace(/\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\))/g, ' ');
  return plain.replace(/[\p{Cc}\u2028-\u202e\u2066-\u2069]+/gu, ' ');
}

/** At most `width` cells of a text, with an ellipsis if it is cut; whole characters only. */
export function cut(text: string, width: number): string {
  if (widthOf(text) <= width) return text;
  if (width < 1) return '';
  if (narrow.test(text)) return `${text.slice(0, width - 1)}…`;
  let [kept, cells] = ['', 1];
  for (const { segment } of new Intl.Segmenter().segment(text)) {
    cells += widthOf(segment);
    if (cells > width) break;
    kept += segment;
  }
  return `${kept}…`;
}

/** The text, padded or cut to `width` cells. */
export function filled(text: string, width: number): string {
  const fitting = cut(text, width);
  return fitting + ' '.repeat(Math.max(0, width - widthOf(fitting)));
}

/** As many parts as fit, from the first, with a space before the first and two between parts. */
export function fitting(parts: readonly string[], columns: number): string {
  let [line, cells] = ['', 0];
  for (const part of parts.filter(Boolean)) {
    const gap = line === '' ? ' ' : '  ';
    cells += gap.length + widthOf(part);
    if (cells > columns) break;
    line += gap + part;
  }
  return line;
}

/** Below this width, lines are not indented. */
const narrowest = 12;

/** All parts in as few lines as possible, at most `rows`; a part wider than a line is cut. */
export function inLines(parts: readonly string[], columns: number, rows: number): string[] {
  const indent = columns < narrowest ? '' : ' ';
  const lines: string[] = [];
  let line = '';
  for (const part of parts.filter(Boolean).map((each) => cut(each, columns - indent.length))) {
    const longer = line === '' ? `${indent}${part}` : `${line}  ${part}`;
    if (line !== '' && widthOf(longer) > columns) {
      lines.push(line);
      line = `${indent}${part}`;
    } else line = longer;
  }
  return (line === '' ? lines : [...lines, line]).slice(0, rows);
}

/** A text in lines of at most `columns` cells, broken between words if possible. */
export function wrapped(text: string, columns: number, rows: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of oneLine(text).split(' ').filter(Boolean)) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (line !== '' && widthOf(longer) > columns) {
      lines.push(line);
      line = word;
    } else line = longer;
  }
  if (line !== '') lines.push(line);
  const kept = lines.slice(0, rows);
  if (lines.length > rows && kept.length > 0) kept[kept.length - 1] += ' …';
  return kept.map((each) => cut(each, columns));
}
