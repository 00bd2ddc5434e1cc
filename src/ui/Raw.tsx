import { Box } from 'ink';
import { useOverlay } from './overlays.js';

export interface RawProps {
  /** Lines with escape sequences; at most `rows` lines, each at most `columns` wide. */
  readonly lines: readonly string[];
  readonly columns: number;
  readonly rows: number;
}

/**
 * Text written to the terminal unchanged, over an empty part of the frame. Ink parses every character of every frame, which for
 * pictures and curves would cost more than everything else. Use only within `fullScreen`.
 */
export function Raw({ lines, columns, rows }: RawProps) {
  return <Box ref={useOverlay(lines, columns)} width={columns} height={rows} />;
}
