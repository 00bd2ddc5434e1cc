/** The dashboard's view of a run, built from its events alone; plain data, so that a screen is a function of it. */

import type { JournalEntry, Journaled } from '../../streams/journal/entry.js';
import { isWhole } from '../../streams/journal/isWhole.js';
import type {
  CheckpointEvent,
  EpochEvent,
  FailedEvent,
  FinishedEvent,
  PreviewEvent,
  StartedEvent,
  StepEvent,
  StoppedEvent,
  ValidationEvent,
} from '../../streams/run/events.js';
import { count } from '../format.js';
import { oneLine } from '../text.js';
import { type Point, pointOf, recentMean, upTo, withPoint } from './history.js';
import { type TrainingMean, type ValidationPoint, withValidation } from './validations.js';

/** `gone`: the run's process is gone and reported no result. */
export type RunStatus =
  | 'opening'
  | 'training'
  | 'paused'
  | 'crashed'
  | 'finished'
  | 'stopped'
  | 'failed'
  | 'gone';

/** An event with its time in milliseconds since 1970. */
export type At<T> = T & { readonly time: number };

/** A line of the log. */
export interface LogLine {
  /** Milliseconds since 1970. */
  readonly time: number;
  /** Warnings are highlighted. */
  readonly kind: 'event' | 'warning';
  /** One line for people. */
  readonly text: string;
}

/** The state of a run according to its events. */
export interface RunView {
  /** What the run is doing. */
  readonly status: RunStatus;
  /** The `started` event; null before it. */
  readonly started: At<StartedEvent> | null;
  /** The last step; null before the first. */
  readonly step: At<StepEvent> | null;
  /** Curves over the steps, oldest first. @internal */
  readonly history: readonly Point[];
  /** Validations, oldest first. @internal */
  readonly validations: readonly ValidationPoint[];
  /** Mean over the training images of the last epoch; null before the first. @internal */
  readonly trainingMean: TrainingMean | null;
  /** The last checkpoint; null before the first. */
  readonly checkpoint: At<CheckpointEvent> | null;
  /** The last previews of each kind, oldest first. */
  readonly previews: Readonly<Record<PreviewEvent['kind'], readonly At<PreviewEvent>[]>>;
  /** The last lines of the log, oldest first. */
  readonly log: readonly LogLine[];
  /** Steps that were not applied since the process started. */
  readonly skipped: number;
  /** Steps with a clipped gradient since the process started. */
  readonly clipped: number;
  /** Steps since the process started. */
  readonly steps: number;
  /** Number of warnings. */
  readonly warnings: number;
  /** Number of crashes. */
  readonly crashes: number;
  /** Resident memory after each of the last steps, in bytes, oldest first. */
  readonly memory: readonly number[];
  /** The event that ended the run; null while it runs. */
  readonly ended: At<FinishedEvent> | At<StoppedEvent> | At<FailedEvent> | null;
}

/** The view of a run without events. */
export const newRun: RunView = {
  status: 'opening',
  started: null,
  step: null,
  history: [],
  validations: [],
  trainingMean: null,
  checkpoint: null,
  previews: { reconstruction: [], samples: [] },
  log: [],
  skipped: 0,
  clipped: 0,
  steps: 0,
  warnings: 0,
  crashes: 0,
  memory: [],
  ended: null,
};

const logLines = 1000;
const previewsKept = 500;
const memoryKept = 400;
/** Seconds; shorter epochs are not logged. */
const shortEpoch = 10;

/**
 * Returns the view after one more event, from a live run or a journal. An event that this version does not know, or that is
 * incomplete, changes nothing. An event without a time gets the current time.
 * @param view the view before the event; it is not changed
 * @param event an event of a run, or an entry of its journal
 * @example
 * const views$ = trainInProcess(config).pipe(scan(withEvent, newRun));
 */
export function withEvent(view: RunView, event: Journaled & { readonly time?: number }): RunView {
  if (!isWhole(event)) return view;
  return folded(view, { ...event, time: event.time ?? Date.now() });
}

function folded(view: RunView, event: JournalEntry): RunView {
  switch (event.type) {
    case 'started': {
      const { resumed } = event;
      // A restart after a crash is the same run, even without a checkpoint.
      const crashes = view.status === 'crashed' ? view.crashes : 0;
      const before = { ...(resumed ? view : { ...newRun, log: view.log }), crashes };
      const step = resumed?.step ?? 0;
      const history = upTo(before.history, step);
      const validations = upTo(before.validations, step);
      const weights = event.initFrom ? `, starting from the weights of ${event.initFrom}` : '';
      const since = resumed ? `, resuming after step ${resumed.step}` : weights;
      const text = `started ${event.name} in process ${event.pid}${since}`;
      const fresh = { skipped: 0, clipped: 0, steps: 0, warnings: 0, memory: [], ended: null };
      return logged(
        { ...before, ...fresh, status: 'training', started: event, history, validations },
        event,
        text,
      );
    }
    case 'step':
      return withStep(view, event);
    case 'epoch': {
      const told = { ...view, trainingMean: meanOf(event) };
      // Short epochs would fill the log.
      return event.seconds < shortEpoch ? told : logged(told, event, epochText(event));
    }
    case 'validation': {
      const validations = withValidation(view.validations, event, view.trainingMean);
      return logged({ ...view, validations }, event, validationText(event));
    }
    case 'paused':
      return logged({ ...view, status: 'paused' }, event, `paused after step ${event.step}`);
    case 'resumed':
      return logged({ ...view, status: 'training' }, event, `resumed after step ${event.step}`);
    case 'checkpoint': {
      const text = `checkpoint ${event.path} (step ${event.step}, ${event.seconds.toFixed(1)} s)`;
      return logged({ ...view, checkpoint: event }, event, text);
    }
    case 'preview': {
      const previews = [...view.previews[event.kind], event].slice(-previewsKept);
      return logged({ ...view, previews: { ...view.previews, [event.kind]: previews } }, event, event.path);
    }
    case 'warning':
      return logged({ ...view, warnings: view.warnings + 1 }, event, event.message, 'warning');
    case 'crash': {
      const status = event.restartSeconds === null ? 'gone' : 'crashed';
      return logged({ ...view, status, crashes: view.crashes + 1 }, event, event.message, 'warning');
    }
    case 'finished':
      return logged({ ...view, status: 'finished', ended: event }, event, `finished: ${event.model}`);
    case 'stopped':
      return logged(
        { ...view, status: 'stopped', ended: event },
        event,
        `stopped after step ${event.step}; ${event.checkpoint ?? 'no step was completed, so there is no checkpoint'}`,
      );
    case 'failed':
      return logged({ ...view, status: 'failed', ended: event }, event, `failed: ${event.message}`);
  }
}

function validationText({ epoch, bitsPerDimension, best }: ValidationEvent): string {
  const mark = best ? ', the best so far' : '';
  return `validation after epoch ${epoch + 1}: ${bitsPerDimension.toFixed(4)} bits/dim${mark}`;
}

/** Null for an epoch without means: no step was applied, or the journal is from an earlier version. */
function meanOf({ epoch, imagesTrained, reconstructionLoss, kl }: EpochEvent): TrainingMean | null {
  return imagesTrained > 0 ? { epoch, negativeElbo: reconstructionLoss + kl } : null;
}

function epochText({ epoch, seconds, imagesTrained, loss }: EpochEvent): string {
  // Journals of earlier versions have no means.
  const mean = imagesTrained > 0 ? `, mean loss ${loss.toFixed(0)}` : '';
  return `epoch ${epoch + 1} done in ${seconds.toFixed(0)} s${mean}`;
}

/**
 * Returns the view after the run's process has ended. If the run reported no end, its status becomes `gone`.
 * @param view the view before; it is not changed
 * @example
 * const last = withoutProcess(view);
 */
export function withoutProcess(view: RunView): RunView {
  return view.ended ? view : { ...view, status: 'gone' };
}

function withStep(view: RunView, event: At<StepEvent>): RunView {
  const point = pointOf(event);
  return {
    ...view,
    step: event,
    steps: view.steps + 1,
    history: point && event.applied ? withPoint(view.history, point) : view.history,
    skipped: view.skipped + (event.applied ? 0 : 1),
    clipped: view.clipped + (event.clipFactor < 1 ? 1 : 0),
    memory: [...view.memory, event.residentBytes ?? 0].slice(-memoryKept),
  };
}

function logged(
  view: RunView,
  { time }: { readonly time: number },
  text: string,
  kind: LogLine['kind'] = 'event',
): RunView {
  return { ...view, log: [...view.log, { time, kind, text: oneLine(text) }].slice(-logLines) };
}

/** Images per second over the last steps, including the time waiting for images; null before the first step. */
export function speed(history: readonly Point[]): number | null {
  // Average the times, not the rates, so that one quick step does not dominate.
  const seconds = recentMean(history, ({ values }) => 1 / values.imagesPerSecond, 20);
  return seconds === null ? null : 1 / seconds;
}

/** Batch number within its epoch at the last step: `12/63`; null before the first step. */
export function batchOf({ started, step }: RunView): string | null {
  if (!started || !step) return null;
  const { images, batchSize } = started;
  return `${count(Math.ceil(step.imagesTaken / batchSize))}/${count(Math.ceil(images / batchSize))}`;
}

/** Progress of a run as shares, and the seconds left; null if unknown. */
export function progressOf(view: RunView): {
  readonly epoch: number;
  readonly run: number | null;
  readonly secondsLeft: number | null;
} {
  const { started, step } = view;
  if (!started || !step) return { epoch: 0, run: null, secondsLeft: null };
  const { images, epochs, secondsLimit } = started;
  const epoch = images > 0 ? step.imagesTaken / images : 0;
  const rate = speed(view.history);
  const imagesLeft = epochs === -1 ? null : Math.max(0, (epochs - step.epoch) * images - step.imagesTaken);
  const untilDone = imagesLeft === null || rate === null ? null : imagesLeft / rate;
  const untilLimit =
    secondsLimit === null ? null : Math.max(0, secondsLimit - (step.time - started.time) / 1000);
  const secondsLeft =
    untilDone === null || untilLimit === null ? (untilDone ?? untilLimit) : Math.min(untilDone, untilLimit);
  const done = epochs === -1 ? null : (step.epoch + epoch) / epochs;
  const elapsed = (step.time - started.time) / 1000;
  const run =
    secondsLimit !== null && secondsLeft !== null ? elapsed / Math.max(1e-3, elapsed + secondsLeft) : done;
  return { epoch, run, secondsLeft };
}
