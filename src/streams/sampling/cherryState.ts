/** The state that `cherryPick` shows, and how a choice changes it: plain data and pure functions. */

import { imageAt, joinImages } from '../../base/imageBatches.js';
import type { ImageBatch } from '../../base/plainData.js';

/** A user's choice. Images and picks are numbered from 1. */
export type CherryChoice =
  /** Pick this image of the batch shown, or unpick it if it is picked. */
  | { readonly type: 'toggle'; readonly number: number }
  /** Show the next batch. */
  | { readonly type: 'next' }
  /** Undo the last toggle, even one of an earlier batch. */
  | { readonly type: 'undo' }
  /** Numbers of the picks in the desired order. */
  | { readonly type: 'order'; readonly order: readonly number[] };

/** A picked image. */
export interface CherryPicked {
  /** Number of its batch. */
  readonly batch: number;
  /** Its number in that batch. */
  readonly number: number;
  /** The image, as a batch of one. */
  readonly image: ImageBatch;
}

/** Everything that a view draws. */
export interface CherryState {
  /** `ordering`: all picks are made; `done`: their order is known. */
  readonly phase: 'picking' | 'ordering' | 'done';
  /** Number of images to pick. */
  readonly keep: number;
  /** Number of the batch shown, 1 for the first; 0 before there is one. */
  readonly batch: number;
  /** The batch shown; null before there is one. */
  readonly images: ImageBatch | null;
  /** Numbers of the picked images in the batch shown. */
  readonly picked: readonly number[];
  /** All picks, in the order in which they were made. */
  readonly picks: readonly CherryPicked[];
  /** Whether the requested batch is still being made; choices wait for it. */
  readonly waiting: boolean;
  /** Whether the batch shown is known to be the last one. */
  readonly exhausted: boolean;
  /** Why the last choice was rejected (expected and received); null if it was accepted. */
  readonly problem: string | null;
  /** The order of the picks, when done. */
  readonly order: readonly number[] | null;
  /** The picks in their order, when done. */
  readonly chosen: ImageBatch | null;
}

/** Number of toggles that can be undone; each may hold an image that is no longer picked. */
const undoable = 100;

/** A state, and the picks before each toggle. */
export interface CherryProgress {
  readonly state: CherryState;
  readonly before: readonly (readonly CherryPicked[])[];
}

export function beginning(keep: number): CherryProgress {
  const nothing = { batch: 0, images: null, picked: [], picks: [], problem: null, order: null, chosen: null };
  return { state: { phase: 'picking', keep, ...nothing, waiting: true, exhausted: false }, before: [] };
}

/** The state after the next batch has arrived. */
export function withBatch({ state, before }: CherryProgress, images: ImageBatch): CherryProgress {
  const shown = { ...state, batch: state.batch + 1, images, picked: [], waiting: false, problem: null };
  return { state: shown, before };
}

/** The state when there are no more batches; with a problem only if one was requested. */
export function withoutBatch({ state, before }: CherryProgress): CherryProgress {
  const missing = state.batch > 0 ? `there are no more batches after ${state.batch}` : 'there are no batches';
  const problem = state.waiting ? missing : state.problem;
  return { state: { ...state, waiting: false, exhausted: true, problem }, before };
}

/** Applies a choice to a state that is not waiting. If the choice is invalid, `problem` says why. */
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
