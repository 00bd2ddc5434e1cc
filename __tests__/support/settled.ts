/** Waits until a condition holds, and fails where it does not within ten seconds. */
export async function settled(condition: () => boolean | Promise<boolean>): Promise<void> {
  for (let i = 0; i < 500; i += 1) {
    if (await condition()) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`expected to settle within ten seconds: ${condition}`);
}
