/** Checks whether an event has the fields that readers rely on: a journal may be damaged, or from another version. Pure. */
import type { Journaled } from './entry.js';

type Check = (value: unknown) => boolean;

// JSON has no non-finite numbers and writes null.
const number: Check = (value) => typeof value === 'number' || value === null;
const finite: Check = (value) => typeof value === 'number';
const positive: Check = (value) => finite(value) && Number(value) > 0;
const text: Check = (value) => typeof value === 'string';
const listOf =
  (each: Check): Check =>
  (value) =>
    Array.isArray(value) && value.every(each);
const orNull =
  (check: Check): Check =>
  (value) =>
    value === null || check(value);
const optional =
  (check: Check): Check =>
  (value) =>
    value === undefined || check(value);
const fields =
  (checks: Readonly<Record<string, Check>>): Check =>
  (value) =>
    typeof value === 'object' &&
    value !== null &&
    Object.entries(checks).every(([name, check]) => check((value as Record<string, unknown>)[name]));

const position = { step: number };
const bestModel = orNull(fields({ path: text, bitsPerDimension: finite, epoch: finite }));
const config = fields({
  model: fields({
    inputDimension: number,
    // An earlier version did not write it.
    imageChannels: optional(number),
    samplingMethod: text,
    latentSize: number,
  }),
  training: fields({ warmupEpochs: number, epochsPerCheckpoint: number }),
});

const checks: Readonly<Record<Journaled['type'], Check>> = {
  started: fields({
    name: text,
    engine: text,
    engineDescription: text,
    config,
    parameters: number,
    latentShapes: listOf((shape) => listOf(number)(shape) && (shape as unknown[]).length === 3),
    images: number,
    batchSize: number,
    epochs: number,
    resumed: orNull(fields(position)),
    // An earlier version did not write it.
    initFrom: optional(orNull(text)),
  }),
  step: fields({
    ...position,
    epoch: number,
    batchSize: number,
    imagesSeen: number,
    imagesTaken: number,
    seconds: number,
    waitSeconds: number,
    loss: number,
    reconstructionLoss: number,
    kl: number,
    klPerGroup: listOf(number),
    klCoefficient: number,
    learningRate: number,
    gradientNorm: number,
    clipFactor: number,
  }),
  epoch: (value) =>
    fields({ epoch: number, imagesTaken: number, seconds: number })(value) &&
    // An earlier version did not write means, and an epoch without images has none.
    (!fields({ imagesTrained: positive })(value) ||
      fields({ loss: finite, reconstructionLoss: finite, kl: finite })(value)),
  validation: fields({
    ...position,
    epoch: number,
    imagesSeen: number,
    images: number,
    negativeElbo: number,
    reconstructionLoss: number,
    kl: number,
    klPerGroup: listOf(number),
    bitsPerDimension: number,
    best: (value) => typeof value === 'boolean',
    bestModel,
    seconds: number,
  }),
  paused: fields(position),
  resumed: fields(position),
  checkpoint: fields({ ...position, path: text, seconds: number }),
  preview: fields({
    ...position,
    kind: (value) => value === 'reconstruction' || value === 'samples',
    path: text,
  }),
  warning: fields({ message: text }),
  crash: fields({ message: text }),
  finished: fields({ ...position, model: text }),
  stopped: fields({ ...position, checkpoint: orNull(text) }),
  failed: fields({ message: text }),
};

/** Returns false also for an event type that this version does not know. */
export function isWhole<T extends { readonly type: string }>(event: T): boolean {
  return Object.hasOwn(checks, event?.type) && checks[event.type as Journaled['type']](event);
}
