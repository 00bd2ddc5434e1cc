import type { RunRanks } from './runRanks.js';

interface Opening<R, F> {
  /** @param signal aborts when another rank has failed */
  readonly open: (signal: AbortSignal) => Promise<R>;
  /** What the other ranks must know; plain data. */
  readonly tell: (opened: R) => F | Promise<F>;
  readonly close: (opened: R) => PromiseLike<void> | void | undefined;
}

/** Opens something on all ranks, with what each of them tells. If one fails, all do, and what this rank has opened is closed again. */
export async function openTogether<R, F>(
  { together }: Pick<RunRanks, 'together'>,
  { open, tell, close }: Opening<R, F>,
): Promise<{ readonly opened: R; readonly told: readonly F[] }> {
  const failed = new AbortController();
  const opening = open(failed.signal);
  try {
    const told = await together(async () => tell(await opening));
    return { opened: await opening, told };
  } catch (error) {
    failed.abort();
    await opening.then(close, () => undefined);
    throw error;
  }
}
