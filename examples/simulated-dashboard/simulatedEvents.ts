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

/** The events of a run with a falling loss, a warning and a checkpoint. */
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
    images: 20 * steps,
    batchSize: 20,
    epochs: 1,
    secondsLimit: null,
    resumed: null,
    initFrom: null,
  };
  for (let step = 1; step <= steps; step += 1) {
    yield stepEvent(step);
    if (step === Math.ceil(steps / 3)) {
      yield { type: 'warning', about: 'dataset', message: 'skipped: truncated or unreadable image, cat.png' };
    }
    if (step === Math.ceil(steps / 2)) {
      yield {
        type: 'checkpoint',
        ...position(step),
        path: 'saved_weights/simulated.checkpoint',
        seconds: 0.1,
      };
    }
  }
  const model = 'saved_weights/final_result_simulated.model';
  yield { type: 'finished', ...position(steps), model, seconds: 0.2 * steps };
}

function position(step: number) {
  return { epoch: 0, batchInEpoch: step, step, imagesSeen: 20 * step };
}

function stepEvent(step: number): StepEvent {
  const wave = Math.sin(step / 5);
  const reconstructionLoss = 4000 * Math.exp(-step / 40) + 900 + 60 * wave;
  const klPerGroup = [40, 25, 15].map((most) => most * (1 - Math.exp(-step / 30)) + wave);
  const kl = klPerGroup.reduce((sum, value) => sum + value, 0);
  return {
    type: 'step',
    ...position(step),
    batchSize: 20,
    imagesTaken: 20 * step,
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
