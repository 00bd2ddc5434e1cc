/** Decides whether a lock is held: by its process if that is visible, else by its signs of life. */
import { type Holder, type Life, lifeOf } from './holder.js';
import type { LockContent } from './lockFile.js';

/** Milliseconds without a sign of life after which the holder of a lock counts as gone. */
export const staleAfter = 60_000;
/** A lock file without content is being written, or was being written when the power failed. */
const unwrittenAfter = 5000;

export interface Judgement {
  readonly life: Life;
  /** Milliseconds since the last sign of life. */
  readonly silent: number;
  /** Whether it has shown a sign of life since the first check. */
  readonly advanced: boolean;
}

/**
 * Judges the content of a lock at repeated checks. `now` returns the time by the clock of the file system, which also set the
 * lock's own time: clocks of machines differ.
 */
export function judgeOf(own: Holder, limit = staleAfter) {
  let last: LockContent | null = null;
  let [since, advanced] = [0, false];
  return async (content: LockContent | null, now: () => number | Promise<number>): Promise<Judgement> => {
    if (!content) return { life: 'gone', silent: 0, advanced: false };
    const same = last !== null && identityOf(last) === identityOf(content);
    const touched = last?.modified !== content.modified;
    advanced = same && (advanced || touched);
    if (!same || touched) since = performance.now();
    last = content;
    const life = content.holder ? await lifeOf(content.holder, own) : 'unknown';
    if (life !== 'unknown') return { life, silent: 0, advanced };
    // Also use the time since the last change we saw: if a clock was set back, the lock's time may lie in the future.
    const silent = Math.max(0, (await now()) - content.modified, performance.now() - since);
    const enough = content.text !== null && !content.holder ? Math.min(limit, unwrittenAfter) : limit;
    return { life: silent >= enough ? 'gone' : life, silent, advanced };
  };
}

function identityOf({ holder, text }: LockContent): string | null {
  return holder ? holder.id : text;
}
