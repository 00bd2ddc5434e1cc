/** Replays the recorded draws of a case through model and training, and compares every recorded result. */

import type { NamedTensors } from '../../src/base/plainData.js';
import type { NvaeConfig } from '../../src/config/types.js';
import * as tf from '../../src/engine/tf.js';
import { balancedKl, klCoefficient, klWeights, logLikelihood } from '../../src/model/losses.js';
import { Nvae } from '../../src/model/nvae.js';
import { BatchStatistics } from '../../src/model/pass.js';
import type { Noise } from '../../src/model/random.js';
import { Adamax } from '../../src/training/adamax.js';
import { computeGradients } from '../../src/training/gradients.js';
import { optimizerStep } from '../../src/training/optimizerStep.js';
import { learningRate } from '../../src/training/schedule.js';
import type { ModelReference } from './case.js';
import { compareState } from './compareState.js';
import { image, imageValues, replay } from './replay.js';
import { Report } from './report.js';

interface Case {
  readonly config: NvaeConfig;
  readonly reference: ModelReference;
  readonly tensors: NamedTensors;
  readonly report: Report;
}

/** Compares all quantities of a case, each from the recorded initial state. */
export async function compareModel(
  config: NvaeConfig,
  reference: ModelReference,
  tensors: NamedTensors,
): Promise<Report> {
  const roundings = { ...reference.float64_check?.tensors, ...reference.float64_check?.scalars };
  const current = { config, reference, tensors, report: new Report(tensors, roundings) };
  compareSchedule(current);
  for (const part of [
    compareForward,
    compareKl,
    compareGradients,
    compareSteps,
    compareSampling,
    compareLatents,
  ]) {
    const model = Nvae.fromTensors(config.model, withoutPrefix(tensors, 'param.'));
    try {
      await part(current, model);
    } finally {
      model.dispose();
    }
  }
  return current.report;
}

function withoutPrefix(tensors: NamedTensors, prefix: string): NamedTensors {
  const named = [...tensors].filter(([name]) => name.startsWith(prefix));
  return new Map(named.map(([name, tensor]) => [name.slice(prefix.length), tensor]));
}

function noiseOf({ reference, tensors }: Case, ...sections: string[]): Noise {
  return replay(
    tensors,
    sections.flatMap((section) => reference.noise[section] ?? []),
  );
}

function compareSchedule({ config, reference, report }: Case): void {
  const { schedule } = reference;
  schedule.learning_rate.forEach((expected, epoch) => {
    report.scalar(
      'schedule',
      `schedule.learning_rate[${epoch}]`,
      learningRate(epoch, config.training),
      expected,
    );
  });
  schedule.kl_coefficient.forEach((expected, epoch) => {
    const coefficient = klCoefficient(epoch, config.training.warmupEpochs);
    report.scalar('schedule', `schedule.kl_coefficient[${epoch}]`, coefficient, expected);
  });
}

async function compareForward(current: Case, model: Nvae): Promise<void> {
  const { tensors, report } = current;
  const statistics = new BatchStatistics();
  const images = image(tensors, 'input.x');
  const { parameters, kl } = tf.tidy(() => ({
    ...model.forward(images, noiseOf(current, 'train'), 'train', { statistics }),
  }));
  statistics.dispose();
  const logP = tf.tidy(() => logLikelihood(model.output(parameters).logProb(images)));
  report.tensor('out.params', 'out.params', await imageValues(parameters));
  report.tensor('kl', 'out.kl', await kl.data());
  report.tensor('log_p', 'out.log_p', await logP.data());
  tf.dispose([images, parameters, kl, logP]);
}

/** Compares the balancing of the recorded KL, at the steps with recorded numbers. */
async function compareKl({ config, reference, tensors, report }: Case, model: Nvae): Promise<void> {
  const { training } = config;
  const { warmupEpochs } = training;
  const recordedKl = tensors.get('out.kl');
  if (!recordedKl) throw new RangeError('out.kl: expected a float32 tensor, got nothing');
  const kl = tf.tensor2d(Float32Array.from(recordedKl.data), [...recordedKl.shape] as [number, number]);
  const multipliers = model.plan.groups.map((group) => group.klMultiplier);
  report.tensor('balanced KL', 'kl.multiplier', multipliers);
  const compare = async (name: string, tensor: tf.Tensor): Promise<void> => {
    if (tensors.has(name)) report.tensor('balanced KL', name, await tensor.data());
    tensor.dispose();
  };
  const balanced = (epoch: number) => tf.tidy(() => balancedKl(model.plan, kl, epoch, training));
  await compare('kl.balanced', balanced(reference.training.kl_step));
  const { kl_inside: inside, kl_after: after } = reference.scalars;
  if (inside) {
    await compare('kl.balanced_inside', balanced(inside.step));
    await compare(
      'kl.weights_inside',
      tf.tidy(() => klWeights(model.plan, kl, training.klBalancing)),
    );
    report.scalar(
      'balanced KL',
      'kl_inside.coefficient',
      klCoefficient(inside.step, warmupEpochs),
      inside.coefficient,
    );
  }
  if (after) {
    await compare('kl.balanced_after', balanced(after.step));
    report.scalar(
      'balanced KL',
      'kl_after.coefficient',
      klCoefficient(after.step, warmupEpochs),
      after.coefficient,
    );
  }
  kl.dispose();
}

async function compareGradients(current: Case, model: Nvae): Promise<void> {
  const { config, reference, tensors, report } = current;
  const images = image(tensors, 'input.x');
  const noise = noiseOf(current, 'train', 'reg');
  const at = (epoch: number) => computeGradients(model, images, { noise, epoch, training: config.training });
  const pass = at(reference.training.kl_step);
  const gradients = await model.store.parameterTensors(pass.gradients);
  pass.dispose();
  const extra = 1e-7 * reference.scalars.step1.gradient_norm;
  const zeros = new Set(reference.parameters_with_zero_exact_gradient);
  for (const [name, { data }] of gradients) {
    report.tensor('gradients', `grad.${name}`, data, { extra, zero: zeros.has(name) });
  }
  for (const key of ['kl_inside', 'kl_after'] as const) {
    const scalars = reference.scalars[key];
    if (!scalars) continue;
    const other = at(scalars.step);
    const { loss } = await other.readTerms();
    other.dispose();
    report.scalar('loss', `${key}.total_loss`, loss, scalars.total_loss);
  }
  images.dispose();
}

async function compareSteps(current: Case, model: Nvae): Promise<void> {
  const { config, reference, tensors, report } = current;
  const optimizer = new Adamax(model.store);
  const images = image(tensors, 'input.x');
  for (const step of [1, 2] as const) {
    const suffix = step === 1 ? '' : '2';
    const noise = noiseOf(current, `train${suffix}`, `reg${suffix}`);
    // The recorded steps use the learning rate of the first epoch, whatever the epoch of the KL weight.
    const training = { ...config.training, epochs: -1 };
    const batch = { count: images.shape[0], images: () => tf.clone(images), noise };
    const options = { step: step - 1, epoch: reference.training.kl_step, training };
    const result = await optimizerStep(model, optimizer, [batch], options);
    const expected = reference.scalars[`step${step}`];
    const scalar = (quantity: string, key: keyof typeof expected, got: number) => {
      report.scalar(quantity, `step${step}.${key}`, got, expected[key]);
    };
    scalar('loss', 'total', result.loss);
    scalar('loss', 'neg_log_p_mean', result.reconstructionLoss);
    scalar('balanced KL', 'kl_balanced_mean', result.balancedKl);
    scalar('balanced KL', 'kl_coefficient', result.klCoefficient);
    scalar('regularization', 'regularization', result.regularization);
    scalar('gradient norm', 'gradient_norm', result.gradientNorm);
    scalar('gradient norm', 'clip_factor', result.clipFactor);
    for (const [name, { data }] of await model.store.tensors()) {
      compareState(report, `param_after${step}.`, name, data, `weights after step ${step}`);
    }
  }
  images.dispose();
  optimizer.dispose();
}

async function compareSampling(current: Case, model: Nvae): Promise<void> {
  const { reference, report } = current;
  const { samples, temperature, readjustment_calls: calls } = reference.sampling;
  const noise = (call: number) => noiseOf(current, `sample.${call}`);
  model.readjustBatchNorm(calls, samples, temperature, noise);
  for (const [name, { data }] of await model.store.bufferTensors()) {
    report.tensor('readjusted buffers', `readjusted.${name}`, data);
  }
  for (const [i, statistic] of (['mean', 'most_likely_value'] as const).entries()) {
    const images = model.sample(samples, temperature, noise(calls + i), statistic);
    report.tensor('samples', `sample.${statistic}`, await imageValues(images));
    images.dispose();
  }
}

async function compareLatents(current: Case, model: Nvae): Promise<void> {
  const { reference, tensors, report } = current;
  const images = image(tensors, 'input.x');
  const noise = noiseOf(current, 'encode');
  for (const variant of ['', '_with_flow'] as const) {
    if (!tensors.has(`encode${variant}.z.0`)) continue;
    const latents = model.encode(images, noise, { freeFlow: variant !== '' });
    for (const [level, latent] of latents.entries()) {
      report.tensor(`encode${variant}`, `encode${variant}.z.${level}`, await imageValues(latent));
    }
    const parameters = model.decodeParameters(latents);
    const decoded = model.decode(latents, noise);
    if (variant === '') report.tensor('decode', 'decode.params', await imageValues(parameters));
    report.tensor(`decode${variant}`, `decode${variant}.mean`, await imageValues(decoded));
    tf.dispose([latents, parameters, decoded]);
  }
  const values = (reference.noise.generate ?? []).map(({ tensor }) => image(tensors, tensor));
  const generated = model.generateFromLatents(values, noise);
  report.tensor('generate', 'generate.mean', await imageValues(generated));
  tf.dispose([images, values, generated]);
}
