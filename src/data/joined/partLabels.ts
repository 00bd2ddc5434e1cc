/**
 * Short names of datasets: the last part of each path, or as many of its parts as tell it from the others. Labels of equal names are
 * equal.
 */
export function partLabels(names: readonly string[]): string[] {
  const parts = names.map((name) => {
    const found = name.split(/[\\/]+/);
    return found.filter((part, i) => part !== '' || i === 0); // the first is empty for a full path
  });
  const label = (i: number, length: number) => (parts[i] ?? []).slice(-length).join('/');
  return names.map((_, i) => {
    const longest = parts[i]?.length ?? 1;
    for (let length = 1; length < longest; length += 1) {
      const one = label(i, length);
      if (names.every((_, other) => other === i || label(other, length) !== one)) return one;
    }
    return label(i, longest);
  });
}
