/** A run's journal: its events with the time of each, as JSON lines that people and programs can read. */
import type { FailedEvent, TrainEvent } from '../run/events.js';

/** What a journal contains: the events of a run, and the error that ended it. */
export type Journaled = TrainEvent | FailedEvent;

/** An event with its time. */
export type JournalEntry = Journaled & {
  /** Milliseconds since 1970. */
  readonly time: number;
};

/** Name of the journal in the folder of a run's logs. */
export const journalName = 'events.jsonl';

export function toLine(event: Journaled, time: number): string {
  return `${JSON.stringify({ time, ...event })}\n`;
}

/**
 * Null where the line is none, such as one that a crash has cut off. JSON writes numbers that are not finite as null; those of a
 * step or an epoch are numbers again.
 */
export function fromLine(line: string): JournalEntry | null {
  if (!line.startsWith('{')) return null;
  try {
    const entry = JSON.parse(line) as Partial<JournalEntry>;
    if (typeof entry.type !== 'string' || typeof entry.time !== 'number') return null;
    return (['step', 'epoch'].includes(entry.type) ? withNumbers(entry) : entry) as JournalEntry;
  } catch {
    return null;
  }
}

/** Fields in which null is a value of its own. */
const nullable = new Set(['nonFinite', 'zero']);

function withNumbers(losses: object): object {
  const revived = Object.entries(losses).map(([name, value]) => {
    if (Array.isArray(value)) return [name, value.map((each) => each ?? Number.NaN)];
    return [name, nullable.has(name) ? value : (value ?? Number.NaN)];
  });
  return Object.fromEntries(revived);
}
