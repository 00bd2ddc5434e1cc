/** Adds up the entries of a run's journal; an immutable value, and pure functions. */
import type { NvaeConfig } from '../../config/types.js';
import type { JournalEntry } from '../journal/entry.js';
import { isWhole } from '../journal/isWhole.js';
import type { StepEvent, ValidationEvent } from '../run/events.js';
import type { RunSummary, RunSummaryStatus, ValidationSummary } from './runSummary.js';

type Measured = Pick<ValidationEvent, 'step' | 'epoch' | 'bitsPerDimension' | 'bestModel'>;

export interface RunTally {
  /** Null before the first `started`. */
  readonly name: string | null;
  readonly status: RunSummaryStatus;
  readonly steps: number;
  readonly imagesSeen: number;
  readonly epochs: number;
  readonly epochsPlanned: number | null;
  readonly secondsTrained: number;
  readonly sessions: number;
  /** Images and seconds of the steps of a session. */
  readonly pace: { readonly session: number; readonly images: number; readonly seconds: number } | null;
  readonly losses: readonly number[];
  readonly negativeElbo: number | null;
  /** The last validations, oldest first. */
  readonly validations: readonly Measured[];
  readonly warnings: number;
  readonly crashes: number;
  /** Time of the last entry; null before the first. */
  readonly time: number | null;
  /** Time until which a process that crashed is being restarted; null: it is not. */
  readonly restartsAt: number | null;
  readonly config: NvaeConfig | null;
}

/** A journal without entries. */
export const emptyTally: RunTally = {
  name: null,
  status: 'unknown',
  steps: 0,
  imagesSeen: 0,
  epochs: 0,
  epochsPlanned: null,
  secondsTrained: 0,
  sessions: 0,
  pace: null,
  losses: [],
  negativeElbo: null,
  validations: [],
  warnings: 0,
  crashes: 0,
  time: null,
  restartsAt: null,
  config: null,
};

const lossesKept = 20;
/** More than the validations between two checkpoints, after which a run may resume. */
const validationsKept = 500;
/** Seconds without a sign of the run that count as a break, such as that of a suspended computer. */
const breakSeconds = 600;
const restartPatience = 60_000;

/** The tally after one more entry; entries that are incomplete, or that this version does not know, change nothing. */
export function tallied(tally: RunTally, entry: JournalEntry): RunTally {
  if (!isWhole(entry)) return tally;
  const { time } = entry;
  if (entry.type === 'started') return { ...opened(tally, entry), time };
  const secondsTrained = tally.secondsTrained + secondsSince(tally, entry);
  return { ...counted({ ...tally, secondsTrained }, entry), time };
}

function opened(tally: RunTally, entry: Extract<JournalEntry, { type: 'started' }>): RunTally {
  const { resumed, name, config, epochs } = entry;
  // A process that is restarted after a crash continues the run, even without a checkpoint.
  const restarted = tally.restartsAt !== null;
  const { crashes, sessions, secondsTrained } = tally;
  const before = resumed ? tally : { ...emptyTally, ...(restarted && { crashes, sessions, secondsTrained }) };
  const step = resumed?.step ?? 0;
  return {
    ...before,
    name,
    config,
    status: 'training',
    steps: step,
    imagesSeen: resumed?.imagesSeen ?? 0,
    epochs: resumed?.epoch ?? 0,
    epochsPlanned: epochs === -1 ? null : epochs,
    sessions: before.sessions + 1,
    // What came after the checkpoint is repeated.
    validations: before.validations.filter((each) => each.step <= step),
    restartsAt: null,
  };
}

/** Seconds of training between the last entry and this one. */
function secondsSince({ status, time, restartsAt }: RunTally, entry: JournalEntry): number {
  // Between sessions, and while it is paused, a run does not train.
  if (status !== 'training' || restartsAt !== null || time === null) return 0;
  const passed = Math.max(0, (entry.time - time) / 1000);
  const known = reported(entry);
  return passed - known > breakSeconds ? known : passed;
}

/** Seconds of work that an entry reports. */
function reported(entry: JournalEntry): number {
  if (entry.type === 'step') return finite(entry.seconds) + finite(entry.waitSeconds);
  return entry.type === 'checkpoint' || entry.type === 'validation' ? finite(entry.seconds) : 0;
}

function finite(value: number): number {
  return Number.isFinite(value) ? Math.max(0, value) : 0;
}

function counted(tally: RunTally, entry: Exclude<JournalEntry, { type: 'started' }>): RunTally {
  switch (entry.type) {
    case 'step':
      return withStep(tally, entry);
    case 'epoch': {
      const { step = tally.steps, epoch, imagesTrained, reconstructionLoss, kl } = entry;
      // Journals of earlier versions have no means.
      const negativeElbo = imagesTrained > 0 ? reconstructionLoss + kl : tally.negativeElbo;
      return { ...tally, steps: step, epochs: epoch + 1, negativeElbo };
    }
    case 'validation': {
      const { step, epoch, bitsPerDimension, bestModel } = entry;
      const measured = { step, epoch, bitsPerDimension, bestModel };
      return { ...tally, validations: [...tally.validations, measured].slice(-validationsKept) };
    }
    case 'paused':
      return { ...tally, status: 'paused' };
    case 'resumed':
      return { ...tally, status: 'training' };
    case 'checkpoint':
    case 'preview':
      return tally;
    case 'warning':
      return { ...tally, warnings: tally.warnings + 1 };
    case 'crash': {
      const crashes = tally.crashes + 1;
      if (entry.restartSeconds === null) return { ...tally, status: 'crashed', crashes };
      const restartsAt = entry.time + entry.restartSeconds * 1000 + restartPatience;
      return { ...tally, crashes, restartsAt };
    }
    case 'finished':
    case 'stopped':
      return { ...tally, status: entry.type, steps: entry.step };
    case 'failed':
      return { ...tally, status: 'failed' };
  }
}

function withStep(tally: RunTally, entry: StepEvent): RunTally {
  const { step, epoch, imagesSeen, batchSize, seconds, waitSeconds, loss } = entry;
  const before = tally.pace?.session === tally.sessions ? tally.pace : { images: 0, seconds: 0 };
  const pace = {
    session: tally.sessions,
    images: before.images + batchSize,
    seconds: before.seconds + finite(seconds) + finite(waitSeconds),
  };
  const losses = Number.isFinite(loss) ? [...tally.losses, loss].slice(-lossesKept) : tally.losses;
  return { ...tally, steps: step, epochs: epoch, imagesSeen, pace, losses, status: 'training' };
}

/**
 * The summary of a journal.
 * @param name name of the run, which its folder has
 * @param held whether a process holds the run's lock
 * @param now milliseconds since 1970
 */
export function summaryOf(tally: RunTally, name: string, held: boolean, now: number): RunSummary {
  const { pace, losses, validations, restartsAt, time } = tally;
  const last = validations.at(-1);
  return {
    name,
    status: statusOf(tally, held || (restartsAt !== null && now < restartsAt)),
    steps: tally.steps,
    epochs: tally.epochs,
    epochsPlanned: tally.epochsPlanned,
    imagesSeen: tally.imagesSeen,
    secondsTrained: tally.secondsTrained,
    sessions: tally.sessions,
    imagesPerSecond: pace && pace.seconds > 0 ? pace.images / pace.seconds : null,
    loss: losses.length > 0 ? losses.reduce((sum, loss) => sum + loss, 0) / losses.length : null,
    negativeElbo: tally.negativeElbo,
    validation: last ? { epoch: last.epoch, bitsPerDimension: last.bitsPerDimension } : null,
    best: bestOf(validations),
    warnings: tally.warnings,
    crashes: tally.crashes,
    lastActivity: time,
    config: tally.config,
  };
}

/** What the run itself holds for the best; without a file of it, the best of the last validations. */
function bestOf(validations: readonly Measured[]): ValidationSummary | null {
  const finite = validations.filter(({ bitsPerDimension }) => Number.isFinite(bitsPerDimension));
  const [least] = [...finite].sort((a, b) => a.bitsPerDimension - b.bitsPerDimension);
  const best = validations.at(-1)?.bestModel ?? least;
  return best ? { epoch: best.epoch, bitsPerDimension: best.bitsPerDimension } : null;
}

function statusOf({ status }: RunTally, alive: boolean): RunSummaryStatus {
  // A process that has not written its first entry yet is opening the run again.
  if (alive) return status === 'paused' || status === 'finished' ? status : 'training';
  return status === 'training' || status === 'paused' ? 'crashed' : status;
}
