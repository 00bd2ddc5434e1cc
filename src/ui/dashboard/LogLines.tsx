import { Text } from 'ink';
import type { LogLine } from './runView.js';

export interface LogLinesProps {
  readonly log: readonly LogLine[];
  readonly rows: number;
  /** Whether the terminal shows colours. */
  readonly colour: boolean;
  /** Number of lines scrolled up from the end. @default 0 */
  readonly scroll?: number;
}

/** The newest lines of the log, as many as fit. */
export function LogLines({ log, rows, colour, scroll = 0 }: LogLinesProps) {
  if (rows < 1) return null;
  const end = Math.max(Math.min(rows, log.length), log.length - scroll);
  const lines = log.slice(Math.max(0, end - rows), end);
  return lines.map(({ time, kind, text }, i) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: the same line may occur twice at the same time
    <Text key={`${time}-${i}`} wrap="truncate">
      <Text dimColor>{` ${hours(time)} `}</Text>
      {kind === 'warning' ? <Text {...(colour && { color: 'yellow' })}>{`warning: ${text}`}</Text> : text}
    </Text>
  ));
}

function hours(time: number): string {
  return new Date(time).toTimeString().slice(0, 8);
}
