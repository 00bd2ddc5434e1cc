/** Compares the probabilities of all 256 values of a colour with recorded ones, without a network. */
import { join } from 'node:path';
import type { NamedTensors } from '../../src/base/plainData.js';
import { readSafetensors } from '../../src/checkpoint/readSafetensors.js';
import type { SamplingMethod } from '../../src/config/types.js';
import * as tf from '../../src/engine/tf.js';
import { distributionOf } from '../../src/model/distributions/distributionOf.js';
import { colourLogMass } from '../../src/model/distributions/logMass.js';
import type { OutputConfig } from '../../src/model/distributions/outputConfig.js';
import { recorded } from './replay.js';
import { Report } from './report.js';

const methods = ['gaussian', 'gaussian_mixture', 'logistic_mixture'] as const;

/** Reads the folder of a case and compares all its quantities. */
export async function compareLikelihoods(folder: string): Promise<Report> {
  const { tensors } = await readSafetensors(join(folder, 'likelihoods.safetensors'));
  const report = new Report(tensors, {});
  for (const method of methods) {
    report.tensor('log_mass', `${method}.log_mass`, logMasses(method, tensors), {
      tolerances: recorded(tensors, `${method}.log_mass`).data.map((value) => 1e-5 * (1 + Math.abs(value))),
    });
    report.tensor('log_p', `${method}.log_p`, await logProbs(method, tensors), {
      tolerances: recorded(tensors, `${method}.log_p`).data.map((value) => 1e-4 * (1 + Math.abs(value))),
    });
  }
  return report;
}

/** The output distribution with this number of raw parameters. */
function outputIn(samplingMethod: SamplingMethod, channels: number): OutputConfig {
  return {
    samplingMethod,
    nMix: channels / 9,
    imageChannels: 3,
    jointColours: false,
    normalizedLikelihood: false,
  };
}

/** `[sets, 3, 256]` */
function logMasses(method: SamplingMethod, tensors: NamedTensors): number[] {
  const { shape, data } = recorded(tensors, `${method}.params`);
  const [sets = 0, channels = 0] = shape;
  const colour = colourLogMass(outputIn(method, channels));
  return indices(sets).flatMap((set) =>
    indices(3).flatMap((c) => {
      const first = set * channels + c * (method === 'gaussian' ? 1 : channels / 3);
      return indices(256).map((level) => colour(data, first, level));
    }),
  );
}

/** `[sets, 3, 256]`: each set of parameters is an image of 256 pixels. */
async function logProbs(method: SamplingMethod, tensors: NamedTensors): Promise<ArrayLike<number>> {
  const { shape, data } = recorded(tensors, `${method}.params`);
  const { data: levels } = recorded(tensors, 'levels');
  const [sets = 0, channels = 0] = shape;
  const values = tf.tidy(() => {
    const parameters = tf.tile(tf.tensor4d(data, [sets, 1, 1, channels]), [1, 1, 256, 1]) as tf.Tensor4D;
    const x = tf.tile(tf.tensor4d(levels, [1, 1, 256, 1]), [sets, 1, 1, 3]) as tf.Tensor4D;
    return tf.transpose(distributionOf(outputIn(method, channels), parameters).logProb(x), [0, 3, 1, 2]);
  });
  try {
    return await values.data();
  } finally {
    values.dispose();
  }
}

function indices(length: number): number[] {
  return Array.from({ length }, (_, i) => i);
}
