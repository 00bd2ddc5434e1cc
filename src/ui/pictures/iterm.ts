export interface ItermPlace {
  /** Size in character cells. */
  readonly columns: number;
  readonly rows: number;
  /** Whether the cursor stays in place, on terminals that support it. */
  readonly still: boolean;
}

/** Shows a PNG at the cursor, as an inline image of iTerm2 (https://iterm2.com/documentation-images.html). Pure. */
export function itermPicture(png: Buffer, { columns, rows, still }: ItermPlace): string {
  const settings = [
    'inline=1',
    `size=${png.length}`,
    `width=${columns}`,
    `height=${rows}`,
    'preserveAspectRatio=1',
    ...(still ? ['doNotMoveCursor=1'] : []),
  ];
  return `\u001b]1337;File=${settings.join(';')}:${png.toString('base64')}\u0007`;
}
