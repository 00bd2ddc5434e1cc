import type { CherryChoice } from '../../streams/sampling/cherryState.js';

/** Parses a line: `3` an image, `0` the next batch, `u` undo, `3 1 2` an order; null if it is none of these. */
export function parseCherryChoice(line: string): CherryChoice | null {
  const words = line.trim().split(/[\s,]+/);
  const [word = ''] = words;
  if (words.length === 1 && word.toLowerCase() === 'u') return { type: 'undo' };
  if (!words.every((text) => /^\d+$/.test(text))) return null;
  if (words.length > 1) return { type: 'order', order: words.map(Number) };
  return Number(word) === 0 ? { type: 'next' } : { type: 'toggle', number: Number(word) };
}
