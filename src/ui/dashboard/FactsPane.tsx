import { Text } from 'ink';
import { Pane, type PaneProps } from './Pane.js';

/** A line of a pane that tells numbers. */
export interface Fact {
  readonly name: string;
  readonly text: string;
  /** Something to look at; shown so that it is seen without colour too. */
  readonly alarming?: boolean;
}

export interface FactsPaneProps extends Omit<PaneProps, 'children'> {
  readonly facts: readonly Fact[];
}

export function FactsPane({ facts, ...pane }: FactsPaneProps) {
  const widest = Math.max(0, ...facts.map(({ name }) => name.length));
  return (
    <Pane {...pane}>
      {facts.map(({ name, text, alarming = false }) => (
        <Text key={name} wrap="truncate">
          <Text dimColor>{` ${name.padEnd(widest)}  `}</Text>
          {alarming ? <Text color="yellow">{`! ${text}`}</Text> : text}
        </Text>
      ))}
    </Pane>
  );
}
