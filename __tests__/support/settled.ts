/** Less than the time limit of a test, so that a failure names the condition. */
const limitMs = 50_000;

/** Waits until a condition holds. Fails if that takes too long, or if `over` (the end of a process) comes first. */
export async function settled(
  condition: () => boolean | Promise<boolean>,
  over: Promise<unknown> = new Promise(() => undefined),
): Promise<void> {
  let ended = false;
  void over.finally(() => {
    ended = true;
  });
  for (const begin = performance.now(); performance.now() - begin < limitMs; ) {
    const isLast = ended;
    if (await condition()) return;
    if (isLast) throw new Error(`expected to settle before the process ends: ${condition}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`expected to settle within ${limitMs / 1000} seconds: ${condition}`);
}
