/** Warnings about images that a run skips: the first ones by name, the others as a count at the end of the epoch. */
import type { SkippedImage } from '../../../data/itemPixels.js';

/** Number of images of each kind that are named in one epoch. */
const mostNamed = 10;

export interface SkippedImages {
  tell(message: string, skipped: SkippedImage): void;
  /** Warns of the number of images not named since the last call, and starts over. */
  endOf(epoch: number): Unread;
}

/** Images that could not be read since the last call. */
export interface Unread {
  readonly count: number;
  /** Whether all of them were gone, rather than present but unreadable. */
  readonly gone: boolean;
  /** The reason for the last one. */
  readonly reason: string;
}

/** The images that no rank of a group could read. */
export function allUnread(ranks: readonly Unread[]): Unread {
  const some = ranks.filter(({ count }) => count > 0);
  return {
    count: some.reduce((sum, { count }) => sum + count, 0),
    gone: some.every(({ gone }) => gone),
    reason: some.at(-1)?.reason ?? '',
  };
}

interface Counted {
  count: number;
  named: number;
}

export function skippedImages(warn: (message: string) => void): SkippedImages {
  const known = new Set<string>();
  const none = () => ({ damaged: { count: 0, named: 0 }, unread: { count: 0, named: 0 } });
  let counted: Record<SkippedImage['why'], Counted> = none();
  let [gone, reason] = [true, ''];
  return {
    tell(message, skipped) {
      const kind = counted[skipped.why];
      kind.count += 1;
      if (skipped.why === 'unread') {
        gone &&= /^(ENOENT|ENOTDIR)/.test(skipped.reason);
        reason = skipped.reason;
      }
      const name = `${skipped.why} ${skipped.path}`;
      if (known.has(name) || kind.named >= mostNamed) return;
      known.add(name);
      kind.named += 1;
      warn(message);
    },
    endOf(epoch) {
      const { damaged, unread } = counted;
      const words = (count: number) => `epoch ${epoch + 1}: ${count} ${count === 1 ? 'image' : 'images'}`;
      if (damaged.count > damaged.named) {
        warn(
          `${words(damaged.count)} skipped because they are damaged; the first ${damaged.named} are named above`,
        );
      }
      if (unread.count > unread.named) {
        warn(`${words(unread.count)} could not be read (${reason}); the next epoch tries them again`);
      }
      const result = { count: unread.count, gone, reason };
      counted = none();
      [gone, reason] = [true, ''];
      return result;
    },
  };
}
