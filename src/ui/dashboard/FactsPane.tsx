import { Text } from 'ink';
import { Pane, type PaneProps } from './Pane.js';

/** A line of a pane that tells numbers. */
export interface Fact {
  readonly name: string;
  readonly text: string;
  /** Something drawn of characters, behind the text; not for reading aloud. */
  readonly drawing?: string;
  /** Something to look at; shown so that it is seen without colour too. */
  readonly alarming?: boolean;
}

export interface FactsPaneProps extends Omit<PaneProps, 'children'> {
  readonly facts: readonly Fact[];
  /** Whether the terminal shows colours. */
  readonly colour: boolean;
}

export function FactsPane({ facts, colour, ...pane }: FactsPaneProps) {
  // Where there is room nothing is cut off.
  const wrap = pane.rows - 2 >= 2 * facts.length ? 'wrap' : 'truncate';
  const widest = Math.max(0, ...facts.map(({ name }) => name.length));
  return (
    <Pane {...pane}>
      {facts.map(({ name, text, drawing = '', alarming = false }) => (
        <Text key={name} wrap={wrap}>
          <Text dimColor>{` ${name.padEnd(widest)}  `}</Text>
          {alarming ? <Text {...(colour && { color: 'yellow' })}>{`! ${text}`}</Text> : text}
          {drawing && `  ${drawing}`}
        </Text>
      ))}
    </Pane>
  );
}
