/**
 * All decisions of a run, without RxJS. The state is an immutable value. `nextState` is a pure function of a state and an event;
 * the next state says what to write now and whether the run is over. `runStore` holds the state, and `lifecycle` trains and writes
 * accordingly.
 */
import type { DataPosition } from '../../../checkpoint/checkpointContent.js';
import type { Position } from '../../../checkpoint/snapshot.js';
import type { ValidationRecord } from '../../../checkpoint/validationRecord.js';
import type { TrainingConfig } from '../../../config/types.js';
import type { EpochEvent, PausedEvent, ResumedEvent, StepEvent } from '../events.js';
import type { RunCommand, RunRequest, StopReason } from '../runCommand.js';

/** The part of the configuration that says when a run ends and when it writes. */
export type Schedule = Pick<
  TrainingConfig,
  | 'epochs'
  | 'batchSize'
  | 'imagesPerCheckpoint'
  | 'epochsPerCheckpoint'
  | 'writeReconstruction'
  | 'validation'
>;

/** What to write now, between two steps. */
export interface Due extends Position, DataPosition {
  readonly writes: readonly RunRequest[];
  /** The last validation and the best model; null for none. */
  readonly validation: ValidationRecord | null;
}

export interface RunState {
  readonly schedule: Schedule;
  /** `ended`: there are no more steps. */
  readonly phase: 'opening' | 'training' | 'ended';
  /** The first reason to stop; null: none so far. */
  readonly stopReason: StopReason | null;
  /** Whether the last command of `pause` and `resume` was `pause`. */
  readonly pauseRequested: boolean;
  /** Whether the run is paused; it pauses as soon as the running step has finished. */
  readonly paused: boolean;
  /** Requests that are not due yet. */
  readonly requests: readonly RunRequest[];
  /** Position after the last step. */
  readonly position: Position;
  /** Position in the dataset after the last step. */
  readonly data: DataPosition;
  /** Whether the last step ended the epoch. */
  readonly epochDone: boolean;
  /** Whether the run is measured on held-out images. */
  readonly validates: boolean;
  /** The finished epoch after which the run is to be measured now, before the next one; null for none. */
  readonly validationDue: number | null;
  /** The last validation and the best model; null for none. */
  readonly validation: ValidationRecord | null;
  /** Whether the last step was applied. */
  readonly applied: boolean;
  /** Step after which the last checkpoint was due; -1 if a validation has changed the state since. */
  readonly savedStep: number;
  /**
   * Whether a scheduled checkpoint waits for an applied step, because weights that may be diverging must not overwrite it, or for the
   * validation of its epoch, which belongs to it.
   */
  readonly checkpointOwed: boolean;
  /** What the last event made due; null for nothing. */
  readonly due: Due | null;
}

/** Why the steps ended: no failure, an error, or an error after which the weights cannot be trusted or read. */
export type Failure = 'none' | 'error' | 'fatal';

export type RunInput =
  | { readonly type: 'command'; readonly command: RunCommand }
  /** The time limit `TrainOptions.seconds` was reached. */
  | { readonly type: 'timeUp' }
  /** The run is open. A resumed run starts from its checkpoint, so its state is already saved. */
  | {
      readonly type: 'opened';
      readonly position: Position;
      readonly data: DataPosition;
      readonly resumed: boolean;
      /** Whether the run is measured on held-out images. */
      readonly validates: boolean;
      /** What earlier sessions have measured. */
      readonly validation: ValidationRecord | null;
    }
  | Pick<StepEvent, 'type' | 'applied' | 'imagesTaken' | keyof Position>
  | Pick<EpochEvent, 'type' | 'epoch' | 'imagesTaken'>
  /** The validation that was due is done. */
  | { readonly type: 'validation'; readonly validation: ValidationRecord }
  | Pick<PausedEvent, 'type'>
  | Pick<ResumedEvent, 'type'>
  /** There are no more steps. */
  | { readonly type: 'ended'; readonly failure: Failure };

/** The state before anything has happened. */
export function initialState(schedule: Schedule): RunState {
  return {
    schedule,
    phase: 'opening',
    stopReason: null,
    pauseRequested: false,
    paused: false,
    requests: [],
    position: { epoch: 0, batchInEpoch: 0, step: 0, imagesSeen: 0 },
    data: { epoch: 0, imagesTaken: 0 },
    epochDone: false,
    validates: false,
    validationDue: null,
    validation: null,
    applied: true,
    savedStep: 0,
    checkpointOwed: false,
    due: null,
  };
}

/** Returns the state after an event. */
export function nextState(before: RunState, event: RunInput): RunState {
  const state: RunState = { ...before, due: null };
  switch (event.type) {
    case 'command':
      return afterCommand(state, event.command);
    case 'timeUp':
      return { ...state, stopReason: state.stopReason ?? 'seconds' };
    case 'opened': {
      const { position, data, resumed, validates, validation } = event;
      const open = { ...state, phase: 'training' as const, position, data, validates, validation };
      const missed = resumed ? missedValidation(data, validation) : null;
      return {
        ...open,
        savedStep: resumed ? position.step : 0,
        validationDue: validationAfter(open, missed),
      };
    }
    case 'paused':
    case 'resumed':
      return withDue({ ...state, paused: event.type === 'paused' });
    case 'step': {
      const { epoch, batchInEpoch, step, imagesSeen, imagesTaken, applied } = event;
      const position = { epoch, batchInEpoch, step, imagesSeen };
      const data = { ...state.data, epoch, imagesTaken };
      return withScheduled({ ...state, position, data, epochDone: false, applied }, isStepScheduled);
    }
    case 'epoch': {
      const { epoch, imagesTaken } = event;
      const data = { ...state.data, epoch, imagesTaken };
      const validationDue = validationAfter(state, epoch);
      return withScheduled({ ...state, data, epochDone: true, validationDue }, isEpochScheduled);
    }
    case 'validation': {
      const { validation } = event;
      return withScheduled({ ...state, validation, validationDue: null, savedStep: -1 }, () => false);
    }
    case 'ended':
      return afterEnd({ ...state, phase: 'ended', paused: false }, event.failure);
  }
}

/** The start of the next epoch, or the middle of it if the run was resumed there. */
export function nextEpoch({ data, epochDone }: RunState): DataPosition {
  return epochDone ? { ...data, epoch: data.epoch + 1, imagesTaken: 0 } : data;
}

/** Whether nothing is left to train or to measure. */
export function isOver(state: RunState): boolean {
  const { epochs } = state.schedule;
  if (state.stopReason !== null) return true;
  return state.validationDue === null && epochs !== -1 && nextEpoch(state).epoch >= epochs;
}

/** The epoch, if the run is to be measured after it; else null. */
function validationAfter({ schedule, validates }: RunState, epoch: number | null): number | null {
  if (!validates || epoch === null) return null;
  const done = epoch + 1;
  return done % schedule.validation.epochs === 0 || done === schedule.epochs ? epoch : null;
}

/** The epoch whose validation is missing because the run ended before it; null for none. */
function missedValidation(
  { epoch, imagesTaken }: DataPosition,
  validation: ValidationRecord | null,
): number | null {
  const last = epoch - 1;
  return imagesTaken === 0 && last >= 0 && validation?.epoch !== last ? last : null;
}

function afterCommand(state: RunState, command: RunCommand): RunState {
  switch (command) {
    case 'stop':
      return { ...state, stopReason: state.stopReason ?? 'stop' };
    case 'pause':
    case 'resume':
      return { ...state, pauseRequested: command === 'pause' };
    default: {
      const asked = { ...state, requests: [...new Set([...state.requests, command])] };
      return state.paused ? withDue(asked) : asked;
    }
  }
}

function isStepScheduled({ schedule, position }: RunState): boolean {
  const { imagesPerCheckpoint, batchSize } = schedule;
  return imagesPerCheckpoint !== null && position.step % Math.ceil(imagesPerCheckpoint / batchSize) === 0;
}

function isEpochScheduled({ schedule, data }: RunState): boolean {
  return (data.epoch + 1) % schedule.epochsPerCheckpoint === 0;
}

/**
 * Makes the scheduled writes due if the last step was applied and no validation is missing, else marks them as owed. A state that
 * is saved is not saved again.
 */
function withScheduled(state: RunState, isScheduled: (state: RunState) => boolean): RunState {
  const isMeasured = state.validationDue === null;
  const isSaved = state.savedStep === state.position.step && isMeasured;
  const owed = state.checkpointOwed || (isScheduled(state) && !isSaved);
  if (!owed || !state.applied || !isMeasured) return withDue({ ...state, checkpointOwed: owed });
  return withDue({ ...state, checkpointOwed: false }, scheduledWrites(state));
}

/**
 * Makes the last writes due: a checkpoint unless the state is saved, and previews unless a user is waiting for the end. After a
 * fatal failure nothing is written, so that the last checkpoint stays.
 */
function afterEnd(state: RunState, failure: Failure): RunState {
  if (failure === 'fatal') return state;
  if (state.savedStep === state.position.step) return withDue(state);
  const isAwaited = state.stopReason === 'stop' || failure === 'error';
  return withDue(state, isAwaited ? ['checkpoint'] : scheduledWrites(state));
}

function scheduledWrites({ schedule }: RunState): readonly RunRequest[] {
  return schedule.writeReconstruction ? ['checkpoint', 'reconstruct', 'sample'] : ['checkpoint', 'sample'];
}

/** Makes all requests due, and `scheduled` with them. */
function withDue(state: RunState, scheduled: readonly RunRequest[] = []): RunState {
  const writes = [...new Set([...state.requests, ...scheduled])];
  if (writes.length === 0) return state;
  const savedStep = writes.includes('checkpoint') ? state.position.step : state.savedStep;
  const { position, data, validation } = state;
  return { ...state, requests: [], savedStep, due: { ...position, ...data, writes, validation } };
}
