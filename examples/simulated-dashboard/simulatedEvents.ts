import { parseConfig } from 'rx-nvae';
import type { StepEvent, TrainEvent } from 'rx-nvae/run';

const config = parseConfig(
  `
channel_towers: 8
number_of_scales: 2
initial_splits_per_scale: 2
latent_size: 4
input_dimension: 32
num_flows: 0
`,
  { file: 'simulated.yaml' },
);

/** Number of epochs. */
const epochs = 10;

/** The events of a run with a falling loss that over-fits in the end, a warning and a checkpoint. */
export function* simulatedEvents(steps: number): Generator<TrainEvent> {
  yield {
    type: 'started',
    name: 'simulated',
    engine: 'none',
    engineDescription: 'simulated',
    pid: process.pid,
    seed: 1,
    config,
    parameters: 123_456,
    latentShapes: [
      [8, 8, 4],
      [8, 8, 4],
      [16, 16, 4],
    ],
    images: 20 * Math.ceil(steps / epochs),
    validationImages: 50,
    batchSize: 20,
    epochs,
    secondsLimit: null,
    resumed: null,
    initFrom: null,
  };
  const perEpoch = Math.ceil(steps / epochs);
  for (let step = 1; step <= steps; step += 1) {
    yield stepEvent(step, perEpoch);
    if (step % perEpoch === 0) yield* epochEnd(step, perEpoch);
    if (step === Math.ceil(steps / 3)) {
      yield { type: 'warning', about: 'dataset', message: 'skipped: truncated or unreadable image, cat.png' };
    }
    if (step === Math.ceil(steps / 2)) {
      yield {
        type: 'checkpoint',
        ...position(step, perEpoch),
        path: 'saved_weights/simulated.checkpoint',
        seconds: 0.1,
      };
    }
  }
  const model = 'saved_weights/final_result_simulated.model';
  yield { type: 'finished', ...position(steps, perEpoch), model, seconds: 0.2 * steps };
}

function position(step: number, perEpoch: number) {
  const epoch = Math.floor((step - 1) / perEpoch);
  return { epoch, batchInEpoch: step - epoch * perEpoch, step, imagesSeen: 20 * step };
}

function lossesAt(step: number) {
  const wave = Math.sin(step / 5);
  const reconstructionLoss = 4000 * Math.exp(-step / 40) + 900 + 60 * wave;
  const klPerGroup = [40, 25, 15].map((most) => most * (1 - Math.exp(-step / 30)) + wave);
  return { wave, reconstructionLoss, klPerGroup, kl: klPerGroup.reduce((sum, value) => sum + value, 0) };
}

/** The means of an epoch, and a validation whose loss rises again in the second half of the run. */
function* epochEnd(step: number, perEpoch: number): Generator<TrainEvent> {
  const at = position(step, perEpoch);
  const steps = Array.from({ length: perEpoch }, (_, i) => lossesAt(step - i));
  const mean = (value: (losses: ReturnType<typeof lossesAt>) => number) =>
    steps.reduce((sum, losses) => sum + value(losses), 0) / perEpoch;
  const [reconstructionLoss, kl] = [mean((losses) => losses.reconstructionLoss), mean((losses) => losses.kl)];
  const { klPerGroup } = lossesAt(step);
  const losses = { reconstructionLoss, balancedKl: kl, regularization: 5, kl, klPerGroup };
  const imagesTrained = 20 * perEpoch;
  const epoch = { imagesTaken: imagesTrained, imagesTrained, seconds: 0.2 * perEpoch };
  yield { type: 'epoch', ...at, ...epoch, loss: reconstructionLoss + kl, ...losses };
  const elbos = Array.from({ length: at.epoch + 1 }, (_, each) => validationElbo(each, perEpoch));
  const bits = elbos.map((elbo) => elbo / (32 * 32 * 3 * Math.LN2));
  const bestEpoch = bits.indexOf(Math.min(...bits));
  const negativeElbo = elbos.at(-1) ?? 0;
  yield {
    type: 'validation',
    ...at,
    images: 50,
    negativeElbo,
    reconstructionLoss: negativeElbo - kl,
    kl,
    klPerGroup,
    bitsPerDimension: bits.at(-1) ?? 0,
    best: bestEpoch === at.epoch,
    bestModel: {
      path: 'saved_weights/simulated.best.model',
      bitsPerDimension: bits[bestEpoch] ?? 0,
      epoch: bestEpoch,
    },
    seconds: 0.5,
  };
}

function validationElbo(epoch: number, perEpoch: number): number {
  const step = (epoch + 1) * perEpoch;
  const rise = Math.max(0, epoch - 5);
  return 4000 * Math.exp(-step / 40) + 1000 + 80 * rise;
}

function stepEvent(step: number, perEpoch: number): StepEvent {
  const { wave, reconstructionLoss, klPerGroup, kl } = lossesAt(step);
  const at = position(step, perEpoch);
  return {
    type: 'step',
    ...at,
    batchSize: 20,
    imagesTaken: 20 * at.batchInEpoch,
    seconds: 0.2,
    waitSeconds: 0.001,
    loss: reconstructionLoss + kl,
    reconstructionLoss,
    balancedKl: kl,
    regularization: 5,
    kl,
    klPerGroup,
    klCoefficient: 1,
    gradientNorm: 150 + 20 * wave,
    learningRate: 0.01,
    clipFactor: 1,
    applied: true,
    nonFinite: null,
    zero: null,
    residentBytes: 500e6,
  };
}
