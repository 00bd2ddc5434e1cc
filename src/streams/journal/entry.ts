/** The journal of a run: its events with their times, as JSON lines that people and programs can read. */
import type { FailedEvent, TrainEvent } from '../run/events.js';

/** What a journal contains: the events of a run, and the error that ended it. */
export type Journaled = TrainEvent | FailedEvent;

/** An event with its time. */
export type JournalEntry = Journaled & {
  /** Time in milliseconds since 1970. */
  readonly time: number;
};

/** File name of the journal in the run's log folder. */
export const journalName = 'events.jsonl';

export function toLine(event: Journaled, time: number): string {
  return `${JSON.stringify({ time, ...event })}\n`;
}

/**
 * Parses a line; null if it is not an entry, such as one that a crash cut off. JSON writes non-finite numbers as null; in a
 * `step`, `epoch` or `validation` event they are converted back.
 */
export function fromLine(line: string): JournalEntry | null {
  if (!line.startsWith('{')) return null;
  try {
    const entry = JSON.parse(line) as Partial<JournalEntry>;
    if (typeof entry.type !== 'string' || typeof entry.time !== 'number') return null;
    return (losses.has(entry.type) ? withNumbers(entry) : entry) as JournalEntry;
  } catch {
    return null;
  }
}

/** Events of losses. */
const losses: ReadonlySet<string> = new Set<Journaled['type']>(['step', 'epoch', 'validation']);
/** Fields in which null is a valid value. */
const nullable = new Set(['nonFinite', 'zero', 'bestModel']);

/** Changes the event, which was just parsed: a journal has millions of them. */
function withNumbers(event: Record<string, unknown>): object {
  for (const name of Object.keys(event)) {
    const value = event[name];
    if (value === null) {
      if (!nullable.has(name)) event[name] = Number.NaN;
    } else if (Array.isArray(value) && value.includes(null)) {
      event[name] = value.map((each) => each ?? Number.NaN);
    }
  }
  return event;
}
