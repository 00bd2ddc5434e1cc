/**
 * How the ranks of a group keep each other informed between the collective calls of their work. All ranks must make the same calls of
 * `talk` and `together` in the same order; a rank that cannot go on calls `leave` instead of the next one.
 */
import { messageOf } from '../../base/errors.js';
import { within } from '../../base/within.js';
import { GroupError } from '../../group/groupError.js';
import type { ProcessGroup } from '../../group/processGroup.js';
import { exchange } from './exchange.js';

/** Milliseconds between the signs of life of a rank that others wait for. */
const signEvery = 1000;

export interface RankTalkOptions<News> {
  /** What this rank has to tell since the last call; null for nothing. Plain data. */
  readonly news: () => News | null;
  /** Called on each rank with what a rank has told, in the order of the ranks. */
  readonly hear: (news: News, rank: number) => void;
  /** Called after that: the error with which the talk ends on this rank, if all ranks have heard that it does; null if it goes on. */
  readonly end: () => { readonly error: unknown } | null;
}

export interface RankTalk {
  /** Tells the news, and adds up a number. @throws GroupError that names the rank and the cause when a rank has failed */
  talk(number?: number): Promise<number>;
  /**
   * Waits until all ranks have done their work, and returns what each work returned, which must be plain data. Meanwhile the ranks give
   * signs of life, so that long work exceeds no time limit of the group. The work must not use the group.
   * @throws the error of this rank's work, or GroupError when the work of another one has failed
   */
  together<T>(work: () => Promise<T>): Promise<readonly T[]>;
  /** Makes the next call of all ranks fail: on this rank with this error, on others with a GroupError that contains its message. */
  fail(error: unknown): void;
  /** Tells the others that this rank ends with an error, unless they know already. Nothing else may be called afterwards. */
  leave(error: unknown): Promise<void>;
  /** Whether the talk has ended, after which nobody listens. */
  readonly over: boolean;
}

interface Message<News> {
  readonly news?: News;
  readonly failure?: string;
  readonly done?: { readonly value?: unknown };
}

export function rankTalk<News>(group: ProcessGroup, { news, hear, end }: RankTalkOptions<News>): RankTalk {
  let over = false;
  let failed: { readonly error: unknown } | null = null;
  const speak = async (more: Message<News> = {}, number = 0) => {
    const told = news();
    const message: Message<News> = {
      ...more,
      ...(told !== null && { news: told }),
      ...(failed && { failure: messageOf(failed.error) }),
    };
    const text = Object.keys(message).length > 0 ? JSON.stringify(message) : '';
    const { sum, texts } = await exchange(group, text, number).catch((error: unknown) => {
      over = true; // the group is broken
      throw error;
    });
    const heard = texts.map((text): Message<News> => (text === '' ? {} : JSON.parse(text)));
    for (const [rank, { news }] of heard.entries()) if (news !== undefined) hear(news, rank);
    const first = heard.findIndex(({ failure }) => failure !== undefined);
    const ended = end();
    over = ended !== null || first !== -1;
    if (ended) throw ended.error;
    if (first === -1) return { sum, heard };
    if (failed) throw failed.error;
    throw new GroupError(`rank ${first}: ${heard[first]?.failure}`);
  };
  return {
    get over() {
      return over;
    },
    talk: async (number) => (await speak({}, number)).sum,
    async together<T>(work: () => Promise<T>) {
      const outcome = outcomeOf(work);
      const values: (Message<News>['done'] | undefined)[] = Array.from({ length: group.size });
      let isTold = false;
      for (;;) {
        const mine: Outcome<T> | null = !isTold && (await within(outcome, signEvery)) ? await outcome : null;
        if (mine && 'error' in mine) failed ??= mine;
        isTold ||= mine !== null;
        const { heard } = await speak(mine && 'value' in mine ? { done: mine } : {});
        for (const [rank, message] of heard.entries()) values[rank] ??= message.done;
        if (values.every((value) => value !== undefined)) return values.map((value) => value?.value as T);
      }
    },
    fail(error) {
      failed ??= { error };
    },
    async leave(error) {
      if (over) return;
      failed ??= { error };
      await speak().catch(() => undefined);
    },
  };
}

type Outcome<T> = { readonly value: T } | { readonly error: unknown };

async function outcomeOf<T>(work: () => Promise<T>): Promise<Outcome<T>> {
  try {
    return { value: await work() };
  } catch (error) {
    return { error };
  }
}
