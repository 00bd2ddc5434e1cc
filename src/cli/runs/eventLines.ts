/** Training events as plain lines for a terminal, a log file or CI: one line every few seconds, not one per step. */

import type { Journaled } from '../../streams/journal/entry.js';
import { isWhole } from '../../streams/journal/isWhole.js';
import type {
  EpochEvent,
  FinishedEvent,
  StartedEvent,
  StepEvent,
  StoppedEvent,
  ValidationEvent,
} from '../../streams/run/events.js';

const millisecondsBetweenLines = 2000;

/**
 * Creates a function that turns each event into a line, or undefined if there is nothing new to report.
 * `now` is a clock in milliseconds.
 */
export function createEventLines(now: () => number): (event: Journaled) => string | undefined {
  let lastLine = now();
  let images = 0;
  let klCoefficient = 1;
  let isExplained = false;

  const stepLine = (event: StepEvent): string | undefined => {
    images += event.batchSize;
    klCoefficient = event.klCoefficient;
    const time = now();
    const isFirst = event.step === 1;
    if (time - lastLine < millisecondsBetweenLines && !isFirst) return undefined;
    const rate = images / Math.max(1e-3, (time - lastLine) / 1000);
    lastLine = time;
    images = 0;
    return describeStep(event, isFirst ? undefined : rate);
  };

  const validationLine = (event: ValidationEvent): string => {
    const line = describeValidation(event);
    if (isExplained || klCoefficient === 1) return line;
    isExplained = true;
    return `${line}\n${risingBits}`;
  };

  return (event) => {
    if (!isWhole(event)) return undefined;
    if (event.type === 'step') return stepLine(event);
    if (event.type === 'validation') return validationLine(event);
    if (event.type === 'started') lastLine = now();
    return describe(event);
  };
}

/** What puzzles a newcomer: validations that get worse while the run is well. */
const risingBits =
  'bits/dim counts the KL in full; in the warm-up training gives it less weight, so bits/dim may rise until the weight is 1';

function describe(event: Exclude<Journaled, StepEvent | ValidationEvent>): string | undefined {
  switch (event.type) {
    case 'started':
      return describeStart(event);
    case 'epoch':
      return describeEpoch(event);
    case 'checkpoint':
      return `checkpoint ${event.path} (step ${event.step}, ${event.seconds.toFixed(2)} s)`;
    case 'preview':
      return `${event.kind} ${event.path}`;
    case 'paused':
      return `paused after step ${event.step}`;
    case 'resumed':
      return `resumed after step ${event.step}`;
    case 'warning':
    case 'crash':
    case 'failed':
      return undefined;
    case 'finished':
      return describeFinish(event);
    case 'stopped':
      return describeStop(event);
  }
}

function describeEpoch(event: EpochEvent): string {
  const { epoch, imagesTaken, imagesTrained, seconds, loss, reconstructionLoss, kl } = event;
  const done = `epoch ${epoch + 1} done: ${imagesTaken} images in ${seconds.toFixed(1)} s`;
  // Journals of earlier versions have no means.
  if (!(imagesTrained > 0)) return done;
  const means = `loss ${loss.toFixed(0)}  reconstruction ${reconstructionLoss.toFixed(0)}  KL ${kl.toFixed(0)}`;
  return `${done}  mean ${means}`;
}

function describeValidation(event: ValidationEvent): string {
  const { epoch, images, seconds, bitsPerDimension, negativeElbo, reconstructionLoss, kl } = event;
  const measured = `validation after epoch ${epoch + 1}: ${images} images in ${seconds.toFixed(1)} s`;
  const losses = `loss ${negativeElbo.toFixed(0)}  reconstruction ${reconstructionLoss.toFixed(0)}  KL ${kl.toFixed(0)}`;
  return `${measured}  ${bitsPerDimension.toFixed(4)} bits/dim  ${losses}  ${describeBest(event)}`;
}

function describeBest({ best, bestModel }: ValidationEvent): string {
  if (bestModel === null) return 'no best model yet';
  if (best) return `the best so far: ${bestModel.path}`;
  return `best ${bestModel.bitsPerDimension.toFixed(4)} after epoch ${bestModel.epoch + 1}`;
}

function describeFinish({ step, model, bestModel }: FinishedEvent): string {
  const finished = `finished after ${step} steps: ${model}`;
  if (!bestModel) return finished;
  const { path, bitsPerDimension, epoch } = bestModel;
  return `${finished}; best on held-out images: ${path} (epoch ${epoch + 1}, ${bitsPerDimension.toFixed(4)} bits/dim)`;
}

function describeStart(event: StartedEvent): string {
  const { name, engine, engineDescription, parameters, latentShapes, images, batchSize, resumed } = event;
  const { validationImages: held = 0, initFrom, ranks = 1 } = event;
  const shared = ranks > 1 ? ` on ${ranks} ranks` : '';
  const measured = held > 0 ? `, validation on ${held} others` : '';
  const millions = (parameters / 1e6).toFixed(2);
  const weights = initFrom ? `, starting from the weights of ${initFrom}` : '';
  const from = resumed ? `, resumed after step ${resumed.step}` : weights;
  return (
    `training ${name} on ${engine} (${engineDescription}): ${millions} M parameters, ${latentShapes.length} latent groups, ` +
    `${images} images in batches of ${batchSize}${shared}${measured}${from}`
  );
}

function describeStop({ reason, step, checkpoint }: StoppedEvent): string {
  const why = reason === 'seconds' ? 'time is up' : 'stopped';
  const state = checkpoint
    ? `; the same command resumes from ${checkpoint}`
    : '; no step was completed, so there is no checkpoint';
  return `${why} after ${step} steps${state}`;
}

function describeStep(event: StepEvent, imagesPerSecond: number | undefined): string {
  const parts = [
    `epoch ${event.epoch + 1}`,
    `step ${event.step}`,
    `loss ${event.loss.toFixed(0)}`,
    `reconstruction ${event.reconstructionLoss.toFixed(0)}`,
    `KL ${event.kl.toFixed(0)} (weight ${event.klCoefficient.toFixed(2)})`,
    imagesPerSecond === undefined ? '' : `${imagesPerSecond.toFixed(0)} images/s`,
  ];
  return parts.filter(Boolean).join('  ');
}
