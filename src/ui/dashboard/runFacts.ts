/** Facts about the model, the dataset and the progress of a run. */
import type { StartedEvent } from '../../streams/run/events.js';
import { clock, count, duration, figure } from '../format.js';
import type { Fact } from './FactsPane.js';
import { batchOf, progressOf, type RunView, speed } from './runView.js';

export function runFacts(view: RunView, now: number): Fact[] {
  const { started } = view;
  if (!started) return [];
  const { config, parameters, engine, engineDescription, images, batchSize, seed, pid, ranks = 1 } = started;
  const { accumulationSteps, emaDecay, halfPrecision } = config.training;
  const { inputDimension, imageChannels, samplingMethod } = config.model;
  const colours = imageChannels === 1 ? ' grey' : '';
  const inParts = accumulationSteps > 1 ? ` · ${accumulationSteps} parts each` : '';
  return [
    { name: 'progress', text: progress(view) },
    { name: 'time', text: time(view, now) },
    { name: 'model', text: `${size(parameters)} parameters${emaDecay == null ? '' : ` · ema ${emaDecay}`}` },
    { name: 'latents', text: latents(started) },
    { name: 'towers', text: towers(started) },
    { name: 'images', text: `${inputDimension}x${inputDimension}${colours} · ${samplingMethod}` },
    { name: 'data', text: `${count(images)} images in batches of ${batchSize}${inParts}` },
    { name: 'learning rate', text: learningRate(started) },
    {
      name: 'engine',
      text: `${engine} · ${engineDescription.replaceAll(', ', ' · ')}${halfPrecision ? ' · half precision' : ''}`,
    },
    { name: 'process', text: `${pid} · seed ${seed}${ranks > 1 ? ` · ${ranks} ranks` : ''}` },
  ];
}

function size(parameters: number): string {
  return parameters < 1e6 ? count(parameters) : `${figure(parameters / 1e6)} M`;
}

function progress(view: RunView): string {
  const { started, step } = view;
  const batch = batchOf(view);
  if (!started || !step || !batch) return 'no step yet';
  const of = started.epochs === -1 ? '' : `/${started.epochs}`;
  return `epoch ${step.epoch + 1}${of} · batch ${batch} · step ${count(step.step)}`;
}

function time(view: RunView, now: number): string {
  const { started, ended, history } = view;
  const { secondsLeft } = progressOf(view);
  const rate = speed(history);
  const parts = [
    started && `${clock(((ended?.time ?? now) - started.time) / 1000)} so far`,
    rate !== null && `${figure(rate)} images/s`,
    secondsLeft !== null && !ended && `${duration(secondsLeft)} left`,
  ];
  return parts.filter(Boolean).join(' · ');
}

/** `0.01 to 0.00001 · linear · warm-up of 500 steps`; a cosine is not named. */
function learningRate({ config }: StartedEvent): string {
  const { learningRate, learningRateMin, learningRateSchedule, learningRateWarmupSteps } = config.training;
  const isConstant = learningRateSchedule === 'constant';
  const parts = [
    isConstant ? figure(learningRate) : `${figure(learningRate)} to ${figure(learningRateMin)}`,
    learningRateSchedule !== 'cosine' && learningRateSchedule,
    learningRateWarmupSteps > 0 && `warm-up of ${count(learningRateWarmupSteps)} steps`,
  ];
  return parts.filter(Boolean).join(' · ');
}

/** `2 scales: 2 groups at 8x8, 2 at 16x16, 8 channels each`, starting with the scale that is farthest from the pixels. */
function latents({ latentShapes, config }: StartedEvent): string {
  const sizes = latentShapes.map(([height, width]) => `${height}x${width}`);
  const scales = [...new Set(sizes)].map((size) => ({
    size,
    groups: sizes.filter((each) => each === size).length,
  }));
  const named = scales.map(({ size, groups }, i) =>
    i > 0 ? `${groups} at ${size}` : `${groups} ${groups === 1 ? 'group' : 'groups'} at ${size}`,
  );
  const number = `${scales.length} ${scales.length === 1 ? 'scale' : 'scales'}`;
  return `${number}: ${named.join(', ')}, ${config.model.latentSize} channels each`;
}

function towers({ config }: StartedEvent): string {
  const { channelTowers, cellsPerSplitEnc, cellsPerInputDec, numFlows } = config.model;
  const cells = `cells per group ${cellsPerSplitEnc} encoding, ${cellsPerInputDec} decoding`;
  return `${channelTowers} channels · ${cells} · ${numFlows === 0 ? 'no flow' : `flow of ${numFlows}`}`;
}
