/**
 * Everything a run decides, without RxJS: its state is an immutable value, and `nextState` says what an event makes of
 * it and what has to be written because of it. `runStore` holds the state; `lifecycle` does what it says.
 */
import type { DataPosition } from '../../../checkpoint/checkpoint.js';
import type { Position } from '../../../checkpoint/snapshot.js';
import type { TrainingConfig } from '../../../config/types.js';
import type { EpochEvent, PausedEvent, ResumedEvent, StepEvent } from '../events.js';
import type { RunCommand, RunRequest, StopReason } from '../runCommand.js';

/** What of the configuration says when the run ends and when it writes. */
export type Schedule = Pick<
  TrainingConfig,
  'epochs' | 'batchSize' | 'imagesPerCheckpoint' | 'epochsPerCheckpoint' | 'writeReconstruction'
>;

/** What is to be written of the state that the model has now, between two steps. */
export interface Due extends Position, DataPosition {
  readonly writes: readonly RunRequest[];
}

export interface RunState {
  readonly schedule: Schedule;
  /** `ended`: no further step is made. */
  readonly phase: 'opening' | 'training' | 'ended';
  /** The first reason to stop; null while there is none. */
  readonly stopReason: StopReason | null;
  /** Whether the last command of `pause` and `resume` was `pause`. */
  readonly pauseRequested: boolean;
  /** Whether the run is held, which begins after the step that is running when it is asked for. */
  readonly paused: boolean;
  /** What was asked for and is not due yet. */
  readonly requests: readonly RunRequest[];
  /** After the last step. */
  readonly position: Position;
  /** What has been taken of the data up to then. */
  readonly data: DataPosition;
  /** Whether that is the whole epoch. */
  readonly epochDone: boolean;
  /** Whether the last step was applied. */
  readonly applied: boolean;
  /** Step of the last state that a checkpoint was, or is being, made of. */
  readonly savedStep: number;
  /** A scheduled checkpoint waits for a step that is applied: weights that may be diverging overwrite none. */
  readonly checkpointOwed: boolean;
  /** What the last event made due; null for nothing. */
  readonly due: Due | null;
}

/** What ended the steps: nothing but their own end, an error, or one after which the weights cannot be trusted or read. */
export type Failure = 'none' | 'error' | 'fatal';

export type RunInput =
  | { readonly type: 'command'; readonly command: RunCommand }
  /** `TrainOptions.seconds` are over. */
  | { readonly type: 'timeUp' }
  /** Where the run begins; one that is resumed begins with a state that is saved. */
  | {
      readonly type: 'opened';
      readonly position: Position;
      readonly data: DataPosition;
      readonly resumed: boolean;
    }
  | Pick<StepEvent, 'type' | 'applied' | 'imagesTaken' | keyof Position>
  | Pick<EpochEvent, 'type' | 'epoch' | 'imagesTaken'>
  | Pick<PausedEvent, 'type'>
  | Pick<ResumedEvent, 'type'>
  /** No further step is made. */
  | { readonly type: 'ended'; readonly failure: Failure };

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
    applied: true,
    savedStep: 0,
    checkpointOwed: false,
    due: null,
  };
}

export function nextState(before: RunState, event: RunInput): RunState {
  const state: RunState = { ...before, due: null };
  switch (event.type) {
    case 'command':
      return afterCommand(state, event.command);
    case 'timeUp':
      return { ...state, stopReason: state.stopReason ?? 'seconds' };
    case 'opened': {
      const { position, data, resumed } = event;
      return { ...state, phase: 'training', position, data, savedStep: resumed ? position.step : 0 };
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
      return withScheduled({ ...state, data, epochDone: true }, isEpochScheduled);
    }
    case 'ended':
      return afterEnd({ ...state, phase: 'ended', paused: false }, event.failure);
  }
}

/** Where the next epoch begins, which is within it where the run is resumed there. */
export function nextEpoch({ data, epochDone }: RunState): DataPosition {
  return epochDone ? { ...data, epoch: data.epoch + 1, imagesTaken: 0 } : data;
}

/** Whether there is no further epoch to train. */
export function isOver(state: RunState): boolean {
  const { epochs } = state.schedule;
  return state.stopReason !== null || (epochs !== -1 && nextEpoch(state).epoch >= epochs);
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

/** With what is scheduled now, or was owed, as far as the last step was applied; a state is saved once. */
function withScheduled(state: RunState, isScheduled: (state: RunState) => boolean): RunState {
  const isSaved = state.savedStep === state.position.step;
  const owed = state.checkpointOwed || (isScheduled(state) && !isSaved);
  if (!owed || !state.applied) return withDue({ ...state, checkpointOwed: owed });
  return withDue({ ...state, checkpointOwed: false }, scheduledWrites(state));
}

/**
 * At the end a state that is not saved yet is; with previews only where nobody waits for the end. Weights that are not
 * worth saving are left to the checkpoint before them.
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

/** All that was asked for is due now, together with `scheduled`. */
function withDue(state: RunState, scheduled: readonly RunRequest[] = []): RunState {
  const writes = [...new Set([...state.requests, ...scheduled])];
  if (writes.length === 0) return state;
  const savedStep = writes.includes('checkpoint') ? state.position.step : state.savedStep;
  return { ...state, requests: [], savedStep, due: { ...state.position, ...state.data, writes } };
}
