import { mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type Journaled, toLine } from './entry.js';

const newline = 0x0a;

/**
 * Write events behind the end of a journal that its process has left, maybe in the middle of a line.
 * @throws a system error
 */
export async function appendToJournal(
  path: string,
  events: readonly Journaled[],
  time: number,
): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const file = await open(path, 'a+');
  try {
    const { size } = await file.stat();
    const { buffer } = await file.read(Buffer.alloc(1), 0, 1, Math.max(0, size - 1));
    const cutOff = size > 0 && buffer[0] !== newline;
    await file.appendFile((cutOff ? '\n' : '') + events.map((event) => toLine(event, time)).join(''));
  } finally {
    await file.close();
  }
}
