/** Compares the distribution functions alone, without a network. */

import type { NamedTensors } from '../../src/base/plainData.js';
import type { SamplingMethod } from '../../src/config/types.js';
import { softClamp } from '../../src/engine/ops.js';
import * as tf from '../../src/engine/tf.js';
import { distributionOf } from '../../src/model/distributions/distributionOf.js';
import { normalFromParameters, normalKl } from '../../src/model/distributions/normal.js';
import type { OutputConfig } from '../../src/model/distributions/outputConfig.js';
import type { Noise } from '../../src/model/random.js';
import { draws } from '../../src/model/random.js';
import { permute } from '../../src/model/tensorLayout.js';
import type { DistributionsReference } from './case.js';
import { image, imageValues, recorded } from './replay.js';
import { Report } from './report.js';

const methods = ['gaussian', 'gaussian_mixture', 'logistic_mixture'] as const;

export async function compareDistributions(
  reference: DistributionsReference,
  tensors: NamedTensors,
): Promise<Report> {
  const roundings = { ...reference.float64_check?.tensors, ...reference.float64_check?.scalars };
  const report = new Report(tensors, roundings);
  for (const method of methods) {
    if (!tensors.has(`${method}.params`)) continue;
    await compareOutput(method, tensors, report);
    await compareLikelihood(method, tensors, report);
  }
  await compareNormals(reference, tensors, report);
  await compareSoftClamp(tensors, report);
  return report;
}

async function compareOutput(method: SamplingMethod, tensors: NamedTensors, report: Report): Promise<void> {
  const parameters = image(tensors, `${method}.params`);
  const noise = recordedSample(method, tensors);
  const { mean, mostLikely, sample } = tf.tidy(() => {
    const output = distributionOf(outputIn(method, parameters), parameters);
    return { mean: output.mean(), mostLikely: output.mostLikelyValue(), sample: output.sample(noise) };
  });
  report.tensor('mean', `${method}.mean`, await imageValues(mean));
  report.tensor('most likely value', `${method}.most_likely_value`, await imageValues(mostLikely));
  report.tensor('sample', `${method}.sample.value`, await imageValues(sample));
  tf.dispose([parameters, mean, mostLikely, sample]);
}

async function compareLikelihood(
  method: SamplingMethod,
  tensors: NamedTensors,
  report: Report,
): Promise<void> {
  const parameters = image(tensors, `${method}.params`);
  const x = image(tensors, `${method}.x`);
  const logProb = (raw: tf.Tensor): tf.Tensor4D =>
    distributionOf(outputIn(method, parameters), raw as tf.Tensor4D).logProb(x);
  const { value, grad } = tf.valueAndGrad((raw) => tf.sum(logProb(raw)))(parameters);
  const each = tf.tidy(() => logProb(parameters));
  const tolerances = (name: string) => {
    return tensors.has(`${name}.tolerance`)
      ? { tolerances: recorded(tensors, `${name}.tolerance`).data }
      : {};
  };
  report.tensor('log_p', `${method}.log_p`, await imageValues(each), tolerances(`${method}.log_p`));
  const gradient = await imageValues(grad as tf.Tensor4D);
  report.tensor('log_p gradient', `${method}.grad`, gradient, tolerances(`${method}.grad`));
  tf.dispose([parameters, x, value, grad, each]);
}

/** The output distribution with these raw parameters. */
function outputIn(samplingMethod: SamplingMethod, { shape }: tf.Tensor4D): OutputConfig {
  return {
    samplingMethod,
    nMix: shape[3] / 9,
    imageChannels: 3,
    jointColours: false,
    normalizedLikelihood: false,
  };
}

/** Noise that produces the recorded component and value. */
function recordedSample(method: SamplingMethod, tensors: NamedTensors): Noise {
  const name = `${method}.sample.noise`;
  const { shape, data } = recorded(tensors, name);
  // [B, 3, k, h, w] to [B, h, w, 3, k], or [B, 3, h, w] to [B, h, w, 3]
  const order = shape.length === 5 ? [0, 3, 4, 1, 2] : [0, 2, 3, 1];
  const values = permute(data, shape, order);
  const value = (wanted: readonly number[]) => tf.tensor(values, [...wanted]);
  return {
    normal: (_, wanted) => value(wanted),
    normalValues: () => values,
    uniform: (draw, wanted) =>
      draw === draws.outputComponent ? recordedComponent(method, tensors) : value(wanted),
  };
}

/** Uniform noise `[N, k]` so extreme that the recorded component wins for any logits. */
function recordedComponent(method: SamplingMethod, tensors: NamedTensors): tf.Tensor {
  const component = tensors.get(`${method}.sample.component`);
  if (!component) throw new RangeError(`${method}.sample.component: expected a tensor, got nothing`);
  const ordered = permute(Float32Array.from(component.data), component.shape, [0, 2, 3, 1]);
  const components = recorded(tensors, `${method}.sample.noise`).shape[2] ?? 1;
  return tf.oneHot(tf.tensor1d(Int32Array.from(ordered), 'int32'), components, 1, 0, 'float32');
}

async function compareNormals(
  { temperature }: DistributionsReference,
  tensors: NamedTensors,
  report: Report,
): Promise<void> {
  const p = image(tensors, 'kl.p');
  const q = image(tensors, 'kl.q');
  const kl = (a: tf.Tensor, b: tf.Tensor) => normalKl(normalFromParameters(a), normalFromParameters(b));
  const value = tf.tidy(() => kl(p, q)) as tf.Tensor4D;
  const [gradP, gradQ] = tf.grads((a, b) => tf.sum(kl(a, b)))([p, q]) as [tf.Tensor4D, tf.Tensor4D];
  report.tensor('kl', 'kl.value', await imageValues(value));
  report.tensor('kl gradient', 'kl.grad_p', await imageValues(gradP));
  report.tensor('kl gradient', 'kl.grad_q', await imageValues(gradQ));
  const raw = image(tensors, 'temperature.params');
  const { mu, sigma } = tf.tidy(() => ({ ...normalFromParameters(raw, temperature) }));
  report.tensor('temperature', 'temperature.mu', await imageValues(mu as tf.Tensor4D));
  report.tensor('temperature', 'temperature.sigma', await imageValues(sigma as tf.Tensor4D));
  tf.dispose([p, q, value, gradP, gradQ, raw, mu, sigma]);
}

async function compareSoftClamp(tensors: NamedTensors, report: Report): Promise<void> {
  const { shape, data } = recorded(tensors, 'soft_clamp.x');
  const x = tf.tensor(data, [...shape]);
  const { value, grad } = tf.valueAndGrad((a) => tf.sum(softClamp(a)))(x);
  const y = tf.tidy(() => softClamp(x));
  report.tensor('soft clamp', 'soft_clamp.y', await y.data());
  report.tensor('soft clamp', 'soft_clamp.grad', await grad.data());
  tf.dispose([x, value, grad, y]);
}
