/** Every public call of a model leaves its results and nothing else, also where it throws. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import * as tf from '../../src/engine/tf.js';
import { imagesToTensor } from '../../src/model/imageTensors.js';
import { Nvae } from '../../src/model/nvae.js';
import { BatchStatistics } from '../../src/model/pass.js';
import type { Noise } from '../../src/model/random.js';
import { draws, keyedNoise } from '../../src/model/random.js';
import { computeGradients } from '../../src/training/gradients.js';
import { Trainer } from '../../src/training/trainer.js';
import { useTestEngine } from '../support/engine.js';
import { smallBatch, smallConfig } from '../support/smallConfig.js';

const config = smallConfig();
let model: Nvae;
let images: tf.Tensor4D;
let latents: tf.Tensor4D[];
let parameters: tf.Tensor4D;
afterAll(() => {
  model.dispose();
  tf.dispose([images, latents, parameters]);
});
useTestEngine();
beforeAll(() => {
  model = Nvae.create(config.model, 5);
  images = imagesToTensor(smallBatch(0), 8);
  latents = model.encode(images, keyedNoise(1, 'latents', 0));
  parameters = model.decodeParameters(latents);
});

/** Throws at the second latent group, at a spectral draw, and at the output: in the middle of whatever draws. */
const broken: Noise = {
  normal: (draw, shape) => {
    if (draw !== draws.latent(0)) throw new Error(`no ${draw}`);
    return keyedNoise(1, 'test', 0).normal(draw, shape);
  },
  normalValues: (draw) => {
    throw new Error(`no ${draw}`);
  },
  uniform: (draw) => {
    throw new Error(`no ${draw}`);
  },
};

type Call = (noise: Noise) => object | undefined;

const calls: [name: string, results: number, call: Call][] = [
  ['forward in train mode', 2, (noise) => model.forward(images, noise, 'train')],
  ['forward in train mode with recompute', 2, (n) => model.forward(images, n, 'train', { recompute: true })],
  ['forward in eval mode', 2, (noise) => model.forward(images, noise, 'eval')],
  ['regularization', 1, (noise) => model.regularization(noise)],
  ['sample', 1, (noise) => model.sample(2, 1, noise)],
  ['encode', 2, (noise) => model.encode(images, noise)],
  ['readjustBatchNorm', 0, (noise) => void model.readjustBatchNorm(1, 2, 1, () => noise)],
  ['decode to a sample', 1, (noise) => model.decode(latents, noise, 'sample')],
  ['generateFromLatents to a sample', 1, (noise) => model.generateFromLatents(latents, noise, 'sample')],
  ['a sample of the output', 1, (noise) => model.output(parameters).sample(noise)],
];

describe('tensors left by', () => {
  test.each(calls)('%s', (_, results, call) => {
    const before = tf.memory().numTensors;
    const result = call(keyedNoise(1, 'test', 0));
    expect(tf.memory().numTensors).toBe(before + results);
    if (result) tf.dispose(result as tf.TensorContainer);
    expect(tf.memory().numTensors).toBe(before);
  });

  test.each(calls)('%s that throws', (_, _results, call) => {
    const before = tf.memory().numTensors;
    expect(() => call(broken)).toThrow(/^no /);
    expect(tf.memory().numTensors).toBe(before);
  });

  test('the output distribution and decoding, which draw nothing', () => {
    const before = tf.memory().numTensors;
    const output = model.output(parameters);
    const results = [output.logProb(images), output.mean(), output.mostLikelyValue()];
    results.push(model.decodeParameters(latents), model.decode(latents, broken));
    expect(tf.memory().numTensors).toBe(before + results.length);
    expect(() => model.decode(latents.slice(1), broken)).toThrow('decode: expected latents');
    tf.dispose(results);
    expect(tf.memory().numTensors).toBe(before);
  });

  test('statistics that were asked for are the caller’s', () => {
    const before = tf.memory().numTensors;
    const statistics = new BatchStatistics();
    tf.dispose({ ...model.forward(images, keyedNoise(1, 'test', 0), 'train', { statistics }) });
    const normalisations = model.plan.batchNorms.length;
    expect(tf.memory().numTensors).toBe(before + 2 * normalisations);
    statistics.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });
});

/** Runs `use` while a kernel of the engine in use throws at its n-th call. */
async function withFailing<T>(kernelName: string, nth: number, use: () => Promise<T>): Promise<T> {
  const original = tf.getKernel(kernelName, tf.getBackend());
  let calls = 0;
  const kernelFunc: tf.KernelFunc = (parameters) => {
    calls += 1;
    if (calls === nth) throw new Error('the engine fails');
    return original.kernelFunc(parameters);
  };
  const replace = (kernel: tf.KernelConfig) => {
    tf.unregisterKernel(kernelName, original.backendName);
    tf.registerKernel(kernel);
  };
  replace({ ...original, kernelFunc });
  try {
    return await use();
  } finally {
    replace(original);
  }
}

describe('tensors left by a trainer whose engine fails', () => {
  test.each([
    ['forward', tf.Conv2D, 2],
    ['in the regularisation', 'SpectralPenalties', 1],
    ['backward in the regularisation', 'SpectralPenaltiesGrad', 1],
    ['backward', 'BatchNormTrainGrad', 2],
    ['in the norm of the gradients', 'GlobalNorm', 1],
    ['where terms are read', tf.Concat, 1],
  ])('%s', async (_, kernel, nth) => {
    const trainer = await Trainer.create(config);
    const before = tf.memory().numTensors;
    const step = () => trainer.step(smallBatch(0), 1);
    await expect(withFailing(kernel, nth, step)).rejects.toThrow('the engine fails');
    expect(tf.memory().numTensors).toBe(before);
    expect(trainer.position.step).toBe(0);
    expect(await step()).toMatchObject({ step: 1, applied: true });
    await trainer.dispose();
  });

  test.each([
    ['sample', (trainer: Trainer) => trainer.sampleImages(2, 1, { iterations: 1 })],
    ['reconstruct', (trainer: Trainer) => trainer.reconstruct(smallBatch(0))],
  ])('%s', async (_, call) => {
    const trainer = await Trainer.create(config);
    const before = tf.memory().numTensors;
    await call(trainer);
    expect(tf.memory().numTensors).toBe(before);
    const failing = withFailing('ConvolveBiased', 2, () => call(trainer));
    await expect(failing).rejects.toThrow('the engine fails');
    expect(tf.memory().numTensors).toBe(before);
    await trainer.dispose();
  });

  test('gradients of a pass that nobody reads', () => {
    const before = tf.memory().numTensors;
    const noise = keyedNoise(1, 'test', 0);
    computeGradients(model, images, { noise, epoch: 1, training: config.training }).dispose();
    expect(tf.memory().numTensors).toBe(before);
  });
});
