import { Box, Text } from 'ink';
import type { ReactNode } from 'react';
import { cut, widthOf } from '../text.js';

export interface PaneProps {
  /** The key that enlarges the pane. */
  readonly digit: number;
  readonly title: string;
  /** Text at the right end of the title's line. */
  readonly note?: string;
  /** Width, including the frame. */
  readonly columns: number;
  readonly rows: number;
  readonly children: ReactNode;
}

/** A frame with its title in the upper line; content that does not fit is cut off. */
export function Pane({ digit, title, note = '', columns, rows, children }: PaneProps) {
  const left = cut(` ${digit} ${title} `, columns - 4);
  const room = columns - 4 - widthOf(left);
  const right = note !== '' && widthOf(note) + 3 <= room ? ` ${note} ` : '';
  const line = '─'.repeat(Math.max(0, room - widthOf(right)));
  return (
    <Box flexDirection="column" width={columns} height={rows} overflow="hidden" aria-label={title}>
      <Text wrap="truncate">
        <Text dimColor>╭─</Text>
        <Text bold>{left}</Text>
        <Text dimColor>
          {line}
          {right}─╮
        </Text>
      </Text>
      <Box
        borderStyle="round"
        borderTop={false}
        borderDimColor
        flexDirection="column"
        height={rows - 1}
        overflow="hidden"
      >
        {children}
      </Box>
    </Box>
  );
}
