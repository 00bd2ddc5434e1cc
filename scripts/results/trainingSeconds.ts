import { readFileSync } from 'node:fs';

interface Entry {
  readonly type?: string;
  readonly time?: number;
}

/** Seconds from the start of each session of a run to its end, from its journal. */
export function trainingSeconds(journal: string): number {
  let total = 0;
  let begin: number | null = null;
  let last: number | null = null;
  for (const line of readFileSync(journal, 'utf8').split('\n')) {
    const { type, time } = entryOf(line);
    if (time === undefined) continue;
    if (type === 'started') {
      if (begin !== null && last !== null) total += last - begin;
      begin = time;
    }
    last = time;
  }
  if (begin !== null && last !== null) total += last - begin;
  return total / 1000;
}

function entryOf(line: string): Entry {
  try {
    return JSON.parse(line) as Entry;
  } catch {
    return {}; // the last line of a session that was killed
  }
}
