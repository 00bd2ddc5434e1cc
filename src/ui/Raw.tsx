import { Box } from 'ink';
import { useOverlay } from './overlays.js';

export interface RawProps {
  /** Finished text, escape sequences included; none wider than `columns`, at most `rows` of them. */
  readonly lines: readonly string[];
  readonly columns: number;
  readonly rows: number;
}

/**
 * Text that goes to the terminal as it is, over an empty part of the frame: Ink takes every character apart for every
 * frame, which for pictures and curves costs more than all the rest. Only within `fullScreen`.
 */
export function Raw({ lines, columns, rows }: RawProps) {
  return <Box ref={useOverlay(lines, columns)} width={columns} height={rows} />;
}
