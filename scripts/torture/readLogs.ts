/** Reads the logs of a run from disk as viewers do: an incomplete record or line is skipped. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { BinaryReader } from '@bufbuild/protobuf/wire';
import { fromLine, type JournalEntry, journalName } from '../../src/streams/journal/entry.js';

const fields = { step: 2, summary: 5, sessionLog: 7 };

/** Images seen at each point of the TensorBoard log; the start of a session discards later points. */
export async function loggedPoints(folder: string): Promise<Set<number>> {
  let points: number[] = [];
  const names = (await readdir(folder)).filter((name) => name.includes('tfevents')).sort();
  for (const name of names) {
    for (const record of records(await readFile(join(folder, name)))) {
      const { step, has } = eventIn(record);
      if (has.has(fields.sessionLog)) points = points.filter((point) => point < step);
      if (has.has(fields.summary)) points.push(step);
    }
  }
  return new Set(points);
}

export async function journalEntries(folder: string): Promise<JournalEntry[]> {
  const text = await readFile(join(folder, journalName), 'utf8');
  return text
    .split('\n')
    .map(fromLine)
    .filter((entry) => entry !== null);
}

function* records(bytes: Buffer): Iterable<Uint8Array> {
  for (let at = 0; at + 12 <= bytes.length; ) {
    const end = at + 12 + Number(bytes.readBigUInt64LE(at));
    if (end + 4 > bytes.length) return;
    yield bytes.subarray(at + 12, end);
    at = end + 4;
  }
}

function eventIn(record: Uint8Array): { step: number; has: Set<number> } {
  const reader = new BinaryReader(record);
  const has = new Set<number>();
  let step = 0;
  while (reader.pos < reader.len) {
    const [field, type] = reader.tag();
    has.add(field);
    if (field === fields.step) step = Number(reader.int64());
    else reader.skip(type);
  }
  return { step, has };
}
