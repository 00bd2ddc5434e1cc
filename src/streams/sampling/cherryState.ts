/** What `cherryPick` shows, and what a choice makes of it: plain data, and functions of it. */

import { imageAt, joinImages } from '../../base/imageBatches.js';
import type { ImageBatch } from '../../base/plainData.js';

/** What a person chose. Images and picks are numbered from 1. */
export type CherryChoice =
  /** Pick this image of the batch that is shown, or leave it where it is picked. */
  | { readonly type: 'toggle'; readonly number: number }
  /** Show the next batch. */
  | { readonly type: 'next' }
  /** Take back the last toggle, also one of an earlier batch. */
  | { readonly type: 'undo' }
  /** The numbers of the picks in the order that they are wanted in. */
  | { readonly type: 'order'; readonly order: readonly number[] };

/** An image that was picked. */
export interface CherryPicked {
  /** Number of its batch. */
  readonly batch: number;
  /** Its number in that batch. */
  readonly number: number;
  /** A batch of one. */
  readonly image: ImageBatch;
}

/** All that there is to draw. */
export interface CherryState {
  /** `ordering` when all picks are made; `done` when their order is known. */
  readonly phase: 'picking' | 'ordering' | 'done';
  /** Number of images wanted. */
  readonly keep: number;
  /** Number of the batch that is shown, 1 for the first; 0 before there is one. */
  readonly batch: number;
  /** The batch that is shown; null before there is one. */
  readonly images: ImageBatch | null;
  /** Numbers of those picked in the batch that is shown. */
  readonly picked: readonly number[];
  /** All picks, in the order in which they were made. */
  readonly picks: readonly CherryPicked[];
  /** Whether the batch that was asked for is still being made; choices wait for it. */
  readonly waiting: boolean;
  /** Whether there is no batch behind the one that is shown, as far as is known. */
  readonly exhausted: boolean;
  /** Why the last choice was refused: expected what, got what; null where it was not. */
  readonly problem: string | null;
  /** The order of the picks, when done. */
  readonly order: readonly number[] | null;
  /** The picks in their order, when done. */
  readonly chosen: ImageBatch | null;
}

/** How many toggles can be undone; each may hold an image that is no pick any more. */
const undoable = 100;

/** A state, and the picks as they were before each toggle. */
export interface CherryProgress {
  readonly state: CherryState;
  readonly before: readonly (readonly CherryPicked[])[];
}

export function beginning(keep: number): CherryProgress {
  const nothing = { batch: 0, images: null, picked: [], picks: [], problem: null, order: null, chosen: null };
  return { state: { phase: 'picking', keep, ...nothing, waiting: true, exhausted: false }, before: [] };
}

/** The next batch has arrived. */
export function withBatch({ state, before }: CherryProgress, images: ImageBatch): CherryProgress {
  const shown = { ...state, batch: state.batch + 1, images, picked: [], waiting: false, problem: null };
  return { state: shown, before };
}

/** There are no more batches; a problem only if one was requested. */
export function withoutBatch({ state, before }: CherryProgress): CherryProgress {
  const missing = state.batch > 0 ? `there are no more batches after ${state.batch}` : 'there are no batches';
  const problem = state.waiting ? missing : state.problem;
  return { state: { ...state, waiting: false, exhausted: true, problem }, before };
}

/** Applies a choice to a state that waits for nothing. An invalid choice is explained in `problem`. */
export function withChoice(progress: CherryProgress, choice: CherryChoice): CherryProgress {
  switch (choice.type) {
    case 'toggle':
      return toggle(progress, choice.number);
    case 'next':
      return next(progress);
    case 'undo':
      return undo(progress);
    case 'order':
      return putInOrder(progress, choice.order);
  }
}

function refuse({ state, before }: CherryProgress, problem: string): CherryProgress {
  return { state: { ...state, problem }, before };
}

function toggle(progress: CherryProgress, number: number): CherryProgress {
  const { state, before } = progress;
  const { batch, images, picks } = state;
  if (state.phase !== 'picking') return refuse(progress, orderExpected(state));
  const count = images?.shape[0] ?? 0;
  if (!images || !Number.isInteger(number) || number < 1 || number > count) {
    return refuse(progress, `there is no image ${number}; pick 1 to ${count}`);
  }
  const others = picks.filter((pick) => pick.batch !== batch || pick.number !== number);
  const isNew = others.length === picks.length;
  const all = isNew ? [...picks, { batch, number, image: imageAt(images, number - 1) }] : others;
  return withPicks({ state, before: [...before, picks].slice(-undoable) }, all);
}

function withPicks({ state, before }: CherryProgress, picks: readonly CherryPicked[]): CherryProgress {
  const picked = picks.flatMap(({ batch, number }) => (batch === state.batch ? [number] : []));
  const phase = picks.length < state.keep ? 'picking' : 'ordering';
  const progress: CherryProgress = { state: { ...state, picks, picked, phase, problem: null }, before };
  return state.keep === 1 && phase === 'ordering' ? putInOrder(progress, [1]) : progress;
}

function next(progress: CherryProgress): CherryProgress {
  const { state, before } = progress;
  if (state.phase !== 'picking') return refuse(progress, orderExpected(state));
  const waiting: CherryProgress = { state: { ...state, waiting: true, problem: null }, before };
  return state.exhausted ? withoutBatch(waiting) : waiting;
}

function undo(progress: CherryProgress): CherryProgress {
  const last = progress.before.at(-1);
  if (!last) return refuse(progress, 'there is no pick to undo');
  return withPicks({ ...progress, before: progress.before.slice(0, -1) }, last);
}

function putInOrder(progress: CherryProgress, order: readonly number[]): CherryProgress {
  const { state, before } = progress;
  const { phase, keep, picks } = state;
  if (phase !== 'ordering') {
    const missing = keep - picks.length;
    return refuse(progress, `pick ${missing} more ${missing === 1 ? 'image' : 'images'} before the order`);
  }
  const numbers = new Set(order.filter((n) => Number.isInteger(n) && n >= 1 && n <= keep));
  if (order.length !== keep || numbers.size !== keep) {
    return refuse(
      progress,
      `the order needs each number from 1 to ${keep} once (got ${order.join(' ') || 'none'})`,
    );
  }
  const chosen = joinImages(order.flatMap((n) => picks[n - 1]?.image ?? []));
  return { state: { ...state, phase: 'done', order: [...order], chosen, problem: null }, before };
}

function orderExpected({ keep }: CherryState): string {
  return `all ${keep} are picked; choose their order, or undo`;
}
