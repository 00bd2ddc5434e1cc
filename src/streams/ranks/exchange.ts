import type { ProcessGroup } from '../../group/processGroup.js';

/** What all ranks have put into an exchange; the same on each of them. */
export interface Exchanged {
  /** The sum of the numbers of all ranks. */
  readonly sum: number;
  /** The text of each rank, in their order. */
  readonly texts: readonly string[];
}

/**
 * Tells every rank a number and a short text of every rank. All ranks call it at the same time. Without texts it is one small
 * all-reduce; each text is a broadcast more.
 */
export async function exchange(group: ProcessGroup, text: string, number = 0): Promise<Exchanged> {
  const { rank, size } = group;
  const own = new TextEncoder().encode(text);
  const numbers = new Float64Array(1 + size);
  numbers[0] = number;
  numbers[1 + rank] = own.length;
  await group.allReduce(numbers);
  const [sum = 0, ...lengths] = numbers;
  const texts: string[] = [];
  for (const [root, length] of lengths.entries()) {
    const bytes = root === rank ? own : new Uint8Array(length);
    if (length > 0) await group.broadcast(bytes, root);
    texts.push(new TextDecoder().decode(bytes));
  }
  return { sum, texts };
}
