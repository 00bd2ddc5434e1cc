/** Texts that must fit: measured in the cells that a terminal gives them, and of one line each. Pure. */
import stringWidth from 'string-width';

/** Letters, frames and blocks, all of one cell. */
const narrow = /^[ -~\u00a0-\u02ff\u2010-\u2027\u2190-\u21ff\u2500-\u25fc\u2800-\u28ff]*$/;

/** Whether each of its characters is one code unit and one cell. */
export function isNarrow(text: string): boolean {
  return narrow.test(text);
}

/** Cells that a text without escape sequences takes. */
export function widthOf(text: string): number {
  return narrow.test(text) ? text.length : stringWidth(text);
}

/** What moves the cursor becomes a space: line ends, tabs, escape sequences, and what changes the direction of writing. */
export function oneLine(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what they are made of
  const plain = text.replace(/\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\))/g, ' ');
  return plain.replace(/[\p{Cc}\u2028-\u202e\u2066-\u2069]+/gu, ' ');
}

/** At most `width` cells of a text, with an ellipsis where something is left out; whole characters only. */
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

/** The text and as many spaces as it takes to be `width` cells wide; one that is wider is cut. */
export function filled(text: string, width: number): string {
  const fitting = cut(text, width);
  return fitting + ' '.repeat(Math.max(0, width - widthOf(fitting)));
}

/** As many of the parts, from the first, as there is room for, with a space before the first and two between them. */
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

/** Where so narrow, a space at the beginning of a line is one too many. */
const narrowest = 12;

/** All parts in as many lines as they take, at most `rows`; a part that is wider than a line is cut. */
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

/** A text in lines of at most `columns` cells, broken between words where they are short enough. */
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
