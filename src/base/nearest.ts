/** Returns the number of single-character edits between two words (Levenshtein distance). */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}

/** Returns the known word closest to the given one, or null if none is close enough to be the intended word. */
export function nearest(word: string, known: readonly string[]): string | null {
  const given = word.toLowerCase().slice(0, 100);
  let best: string | null = null;
  let least = Math.max(2, Math.floor(given.length / 2)) + 1;
  for (const candidate of known) {
    const edits = distance(given, candidate.toLowerCase());
    if (edits < least) [best, least] = [candidate, edits];
  }
  return best;
}
