/** Measures seconds since it was made, without the times for which it was held. */
export function stopwatch(clock: { now(): number }) {
  const begin = clock.now();
  let heldFor = 0;
  let heldSince: number | null = null;
  return {
    hold(held: boolean): void {
      if (held) heldSince ??= clock.now();
      else if (heldSince !== null) {
        heldFor += clock.now() - heldSince;
        heldSince = null;
      }
    },
    seconds: () => ((heldSince ?? clock.now()) - begin - heldFor) / 1000,
  };
}
