import type { DatasetItem, ItemList } from '../../data/dataset.js';
import { GroupError } from '../../group/groupError.js';
import type { ProcessGroup } from '../../group/processGroup.js';
import { type Fingerprint, fingerprintOf, imagesDifference } from '../ranks/fingerprint.js';
import { rankTalk } from '../ranks/rankTalk.js';

/** What a rank has measured, or all of them. */
export interface Measured {
  /** The state of its `EvaluationSums`. */
  readonly states: readonly Float64Array[];
  /** Images that are done, including skipped ones. */
  readonly images: number;
  readonly stopped: boolean;
}

/** What the ranks of an evaluation tell each other. */
export interface EvaluationRanks {
  warn(message: string): void;
  /** @throws GroupError when a rank has other images than rank 0, or could not list them */
  list<T extends { readonly items: ItemList<DatasetItem> }>(listing: () => Promise<T>): Promise<T>;
  /** What all ranks have measured, in their order. */
  all(state: Float64Array, own: Omit<Measured, 'states'>): Promise<Measured>;
  leave(error: unknown): Promise<void>;
  /** For a rank that nobody listens to: ends the group, unless the evaluation is over. */
  abandon(): void;
}

export function evaluationOnRanks(
  group: ProcessGroup,
  onWarning: (message: string) => void,
): EvaluationRanks {
  const warnings: string[] = [];
  let isDone = false;
  const talk = rankTalk<readonly string[]>(group, {
    news: () => (warnings.length > 0 ? warnings.splice(0) : null),
    hear(messages, rank) {
      if (group.rank === 0) for (const message of messages) onWarning(`rank ${rank}: ${message}`);
    },
    end: () => null,
  });
  return {
    warn: (message) => (group.rank === 0 ? onWarning(message) : void warnings.push(message)),
    async list(listing) {
      const listed = listing();
      const told = await talk.together(async () => fingerprintOf((await listed).items));
      for (const [rank, fingerprint] of told.entries()) {
        const difference = imagesDifference(told[0] as Fingerprint, fingerprint);
        const remedy = 'give all ranks the same images';
        if (difference) throw new GroupError(`evaluate: rank ${rank} has ${difference}; ${remedy}`);
      }
      return listed;
    },
    async all(state, own) {
      const told = await talk.together(async () => own);
      const states: Float64Array[] = [];
      for (let rank = 0; rank < group.size; rank += 1) {
        const values = rank === group.rank ? state : new Float64Array(state.length);
        await group.broadcast(new Uint8Array(values.buffer), rank);
        states.push(values);
      }
      isDone = true;
      const images = told.reduce((sum, { images }) => sum + images, 0);
      return { states, images, stopped: told.some(({ stopped }) => stopped) };
    },
    async leave(error) {
      if (!talk.over && !isDone) await talk.leave(error);
      isDone = true;
    },
    abandon() {
      if (!talk.over && !isDone) group.abort('nobody listens to its evaluation any more');
    },
  };
}
