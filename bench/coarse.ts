/** Means of every `every` values. */
export function coarse(values: readonly number[], every: number): number[] {
  return Array.from({ length: Math.ceil(values.length / every) }, (_, i) => {
    const some = values.slice(i * every, (i + 1) * every);
    return some.reduce((sum, value) => sum + value, 0) / some.length;
  });
}
