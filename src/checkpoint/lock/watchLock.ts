import { CheckpointError } from '../checkpointError.js';
import { newHolder } from './holder.js';
import { judgeOf, staleAfter } from './judge.js';
import { fileSystemTime, readLock } from './lockFile.js';

/** Milliseconds of missing signs of life before the local clock is trusted, if the file system's clock cannot be read. */
const believedAfter = 25_000;

/**
 * Returns a function that checks whether a process holds a lock, by the rules of `lockRun`, and changes nothing.
 * @param limit milliseconds without a sign of life after which its holder counts as gone. @default 60 000
 */
export function watchLock(path: string, limit = staleAfter): () => Promise<boolean> {
  const begin = performance.now();
  const own = newHolder();
  let judge: ReturnType<typeof judgeOf> | null = null;
  /** Offset of the file system's clock from this process' clock; null: unknown. */
  let offset: number | null = null;
  return async () => {
    judge ??= judgeOf(await own, limit);
    let guessed = false;
    const now = async () => {
      offset ??= await clockOffset(path);
      guessed = offset === null;
      return offset === null ? Date.now() : offset + performance.now();
    };
    // If a share does not respond at the moment, that says nothing about the run.
    const content = await readLock(path).catch((error) =>
      error instanceof CheckpointError ? null : undefined,
    );
    if (content === undefined) return true;
    const { life } = await judge(content, now);
    return life !== 'gone' || (guessed && performance.now() - begin < Math.min(believedAfter, limit));
  };
}

async function clockOffset(path: string): Promise<number | null> {
  const time = await fileSystemTime(path);
  return time === null ? null : time - performance.now();
}
