/**
 * The ranks of a run with a group. Each of them has its own state of the run, and all states are the same, because what happens to one
 * rank only (a command, a stop, the time limit) reaches the states of all between the same two steps: in a turn.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { ReplaySubject, Subject } from 'rxjs';
import { messageOf } from '../../../base/errors.js';
import { GroupError } from '../../../group/groupError.js';
import type { ProcessGroup } from '../../../group/processGroup.js';
import { type RankTalk, rankTalk } from '../../ranks/rankTalk.js';
import type { FinishedEvent, StoppedEvent, WarningEvent } from '../events.js';
import type { RunInput } from '../state/runState.js';
import type { RunStore } from '../state/runStore.js';

/** Milliseconds between two turns of a paused run. */
const pausedTurn = 200;

export interface RunRanks extends Pick<RankTalk, 'together'> {
  readonly group: ProcessGroup;
  /** Whether this is rank 0, which writes files and tells what happens. */
  readonly speaks: boolean;
  /** For the next turn: an input for the states of all ranks. */
  input(input: RunInput): void;
  /** For the next turn: a warning that rank 0 emits. */
  warn(event: WarningEvent): void;
  /** For the next turn: all ranks end with this error, and save what they can. */
  fail(error: unknown): void;
  /** For the next turn: all ranks end at once; this one with the error, if there is one. */
  drop(error?: unknown): void;
  /** On rank 0: the warnings of the others. */
  readonly warnings$: ReplaySubject<WarningEvent>;
  /** Ends the run at once: emits when a rank has aborted it, fails when this rank has lost it. */
  readonly dropped$: Subject<void>;
  /**
   * What all ranks do before each step. A paused run waits here.
   *
   * @param images number of images that this rank has for the step
   * @param onPause called when the run pauses, and when it continues
   * @returns number of images of all ranks; 0 as well if there is to be no step, because the run stops
   * @throws GroupError that names the rank and the cause when a rank has failed
   */
  turn(images: number, onPause: (paused: boolean) => void): Promise<number>;
  /** What rank 0 does while the others wait, with its result, plain data, on all. @throws as `together` */
  ofFirst<T>(work: () => Promise<T>): Promise<T>;
  /** Waits some seconds, or until the run stops. */
  wait(seconds: number): Promise<void>;
  /** Does the work of a step, in which the ranks depend on each other: an error then ends the group at once. */
  step<T>(work: () => Promise<T>): Promise<T>;
  /** There are no more steps: from now on the ranks wait for each other's last work. */
  ending(): void;
  /** The last event, which is that of rank 0; other ranks pass null. */
  end(event: FinishedEvent | StoppedEvent | null): Promise<FinishedEvent | StoppedEvent>;
  /** Tells the others that this rank has ended with an error. */
  leave(error: unknown): Promise<void>;
  /** For a rank that nobody listens to: ends the group, unless the run is over. */
  abandon(): void;
}

/** A user has aborted the run: it ends without an error. */
export class RunAbortedError extends Error {}

interface News {
  readonly inputs?: readonly RunInput[];
  readonly warnings?: readonly WarningEvent[];
  /** The run ends without saving, for this reason; empty: a user has aborted it. */
  readonly dropped?: string;
}

type LastEvent = FinishedEvent | StoppedEvent | null;

export function runRanks(group: ProcessGroup, store: Pick<RunStore, 'state' | 'dispatch'>): RunRanks {
  const speaks = group.rank === 0;
  const warnings$ = new ReplaySubject<WarningEvent>(100);
  const dropped$ = new Subject<void>();
  const inputs: RunInput[] = [];
  const warnings: WarningEvent[] = [];
  let dropping: { readonly error: unknown } | null = null;
  let dropped: { readonly error: unknown } | null = null;
  let [isStepping, isDone] = [false, false];
  let last: { resolve(event: LastEvent): void; reject(error: unknown): void } | null = null;
  let ended: Promise<readonly LastEvent[]> | null = null;

  const talk = rankTalk<News>(group, {
    news() {
      const news: News = {
        ...(inputs.length > 0 && { inputs: inputs.splice(0) }),
        ...(warnings.length > 0 && { warnings: warnings.splice(0) }),
        ...(dropping && { dropped: dropping.error === undefined ? '' : messageOf(dropping.error) }),
      };
      return Object.keys(news).length > 0 ? news : null;
    },
    hear({ inputs = [], warnings = [], dropped: reason }, rank) {
      for (const input of inputs) store.dispatch(input);
      if (speaks) for (const event of warnings) warnings$.next(ofRank(event, rank));
      if (reason === undefined) return;
      if (reason === '') dropped ??= { error: new RunAbortedError() };
      else dropped ??= { error: dropping?.error ?? new GroupError(`rank ${rank}: ${reason}`) };
    },
    end() {
      if (dropped?.error instanceof RunAbortedError) dropped$.next();
      else if (dropped) dropped$.error(dropped.error);
      return dropped;
    },
  });
  const isStopped = () => store.state().stopReason !== null;
  const isPaused = () => store.state().pauseRequested && !isStopped();
  return {
    group,
    speaks,
    warnings$,
    dropped$,
    input: (input) => void inputs.push(input),
    warn: (event) => void warnings.push(event),
    fail: talk.fail,
    drop(error) {
      dropping ??= { error };
    },
    together: talk.together,
    async ofFirst<T>(work: () => Promise<T>) {
      const [result] = await talk.together<T | null>(async () => (speaks ? work() : null));
      return result as T;
    },
    async turn(images, onPause) {
      let total = await talk.talk(images);
      if (isPaused()) {
        onPause(true);
        while (isPaused()) {
          await sleep(pausedTurn);
          total = await talk.talk(images);
        }
        onPause(false);
      }
      return isStopped() ? 0 : total;
    },
    async wait(seconds) {
      for (let waited = 0; waited < seconds && !isStopped(); waited += 1) {
        await sleep(1000 * Math.min(1, seconds - waited));
        await talk.talk();
      }
    },
    async step(work) {
      isStepping = true;
      const result = await work();
      isStepping = false;
      return result;
    },
    ending() {
      ended = talk.together(
        () =>
          new Promise<LastEvent>((resolve, reject) => {
            last = { resolve, reject };
          }),
      );
      ended.catch(() => undefined);
    },
    async end(event) {
      last?.resolve(event);
      const [ofFirst] = (await ended) ?? [];
      isDone = true;
      return ofFirst as FinishedEvent | StoppedEvent;
    },
    async leave(error) {
      if (talk.over || isDone) return;
      isDone = true;
      if (isStepping) {
        // In the middle of a step nobody listens. After an error of the group itself, nobody can.
        if (!(error instanceof GroupError)) group.abort(messageOf(error));
      } else if (last) {
        last.reject(error);
        await ended?.catch(() => undefined);
      } else await talk.leave(error);
    },
    abandon() {
      if (!talk.over && !isDone) group.abort('nobody listens to its training any more');
    },
  };
}

/** A warning of another rank says so. */
function ofRank(event: WarningEvent, rank: number): WarningEvent {
  return { ...event, rank, message: `rank ${rank}: ${event.message}` };
}
