/**
 * Renders terminal output from standard input as an SVG picture for the docs.
 *
 *     tmux capture-pane -e -p | npx tsx scripts/terminalPicture.ts 110 32 > docs/pictures/dashboard.svg
 */
import { text } from 'node:stream/consumers';
import xterm from '@xterm/headless';

const [cellWidth, cellHeight] = [8, 17];
const [background, foreground] = ['#16181d', '#d8dae0'];
const palette = ['#16181d', '#e06c75', '#98c379', '#e5c07b', '#61afef', '#c678dd', '#56b6c2', '#d8dae0'];
const eighths = ' ▏▎▍▌▋▊▉█';
const levels = ' ▁▂▃▄▅▆▇█';

const [columns = 80, rows = 24] = process.argv.slice(2).map(Number);
const terminal = new xterm.Terminal({ cols: columns, rows, allowProposedApi: true });
const lines = (await text(process.stdin)).replace(/\n$/, '').split('\n');
await new Promise<void>((resolve) => terminal.write(lines.join('\r\n'), resolve));

type Cell = NonNullable<
  ReturnType<NonNullable<ReturnType<typeof terminal.buffer.active.getLine>>['getCell']>
>;

function colourOf(cell: Cell, of: 'Fg' | 'Bg'): string {
  const value = of === 'Fg' ? cell.getFgColor() : cell.getBgColor();
  const [rgb, indexed] =
    of === 'Fg' ? [cell.isFgRGB(), cell.isFgPalette()] : [cell.isBgRGB(), cell.isBgPalette()];
  if (rgb) return `#${value.toString(16).padStart(6, '0')}`;
  if (indexed && value < 16) return palette[value % 8] ?? foreground;
  return of === 'Fg' ? foreground : background;
}

const shapes: string[] = [];
const rect = (x: number, y: number, width: number, height: number, fill: string) =>
  shapes.push(`<rect x="${x}" y="${y}" width="${width}" height="${height}" fill="${fill}"/>`);
const escaped = (words: string) => words.replaceAll('&', '&amp;').replaceAll('<', '&lt;');

function draw(cell: Cell, column: number, row: number): void {
  const [x, y] = [column * cellWidth, row * cellHeight];
  const character = cell.getChars();
  let [front, back] = [colourOf(cell, 'Fg'), colourOf(cell, 'Bg')];
  if (cell.isInverse()) [front, back] = [back, front];
  if (back !== background) rect(x, y, cellWidth + 0.3, cellHeight + 0.3, back);
  const code = character.codePointAt(0) ?? 32;
  if (code <= 32) return;
  const faint = cell.isDim() ? '#868b96' : front;
  if (character === '▀') rect(x, y, cellWidth + 0.3, cellHeight / 2, front);
  else if (character === '░') rect(x, y + 4, cellWidth, cellHeight - 8, '#2c303a');
  else if (eighths.includes(character))
    rect(x, y + 2, (cellWidth * eighths.indexOf(character)) / 8 + 0.2, cellHeight - 4, front);
  else if (levels.includes(character)) {
    const height = (cellHeight * levels.indexOf(character)) / 8;
    rect(x, y + cellHeight - height, cellWidth, height, front);
  } else if (code >= 0x2800 && code < 0x2900) {
    for (let dot = 0; dot < 8; dot += 1) {
      if (!(code & (1 << dot))) continue;
      const [left, top] = dot < 6 ? [dot >= 3 ? 1 : 0, dot % 3] : [dot - 6, 3];
      const [cx, cy] = [x + 2 + 4 * left, y + 2.2 + (cellHeight / 4) * top];
      shapes.push(`<circle cx="${cx}" cy="${cy}" r="1.5" fill="${faint}"/>`);
    }
  } else {
    const weight = cell.isBold() ? ' font-weight="bold"' : '';
    shapes.push(`<text x="${x}" y="${y + 13}" fill="${faint}"${weight}>${escaped(character)}</text>`);
  }
}

for (let row = 0; row < rows; row += 1) {
  const line = terminal.buffer.active.getLine(row);
  for (let column = 0; column < columns; column += 1) {
    const cell = line?.getCell(column);
    if (cell) draw(cell, column, row);
  }
}
const [width, height] = [columns * cellWidth, rows * cellHeight];
process.stdout.write(
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="DejaVu Sans Mono, Menlo, monospace" ` +
    `font-size="13"><title>A terminal</title><rect width="100%" height="100%" fill="${background}"/>\n${shapes.join('\n')}\n</svg>\n`,
);
