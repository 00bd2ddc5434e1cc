/** The posterior relative to the prior: residual normal distributions (NVAE, section 3.2, equation 2). */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import * as tf from '../../src/engine/tf.js';
import { drawPosterior, latentKl } from '../../src/model/latents.js';
import { Nvae } from '../../src/model/nvae.js';
import type { LatentGroupPlan } from '../../src/model/plan.js';
import { keyedNoise } from '../../src/model/random.js';
import { useTestEngine } from '../support/engine.js';
import { normalTensor } from '../support/gradients.js';
import { smallModel } from '../support/smallConfig.js';
import { valuesOf } from '../support/valuesOf.js';

useTestEngine();

/** Raw parameters of one latent channel. */
interface Raw {
  readonly mu: number;
  readonly logSigma: number;
}

const sigmaFloor = 0.01;
const clamped = (x: number) => 5 * Math.tanh(x / 5);

/**
 * Mean, sigma and KL per value of a group whose decoder and encoder say the same everywhere, the given raw parameters: their last convolutions
 * have a gain of 0, so that only the bias is left.
 */
async function distributionsOf(model: Nvae, group: LatentGroupPlan, decoder: Raw, encoder: Raw) {
  const values = await valuesOf(() => {
    const pass = {
      store: model.store,
      mode: 'eval',
      statistics: null,
      weights: null,
      recompute: false,
    } as const;
    for (const [layer, { mu, logSigma }] of [
      [group.decoderSampler, decoder],
      [group.encoderSampler, encoder],
    ] as const) {
      if (!layer) continue;
      const gain = model.store.parameter(`${layer.name}.weight_g`);
      gain.assign(tf.zeros(gain.shape));
      model.store.parameter(`${layer.name}.bias`).assign(tf.tensor1d([mu, mu, logSigma, logSigma]));
    }
    const features = normalTensor<tf.Tensor4D>('features', [1, group.size, group.size, group.channels]);
    const encoded = normalTensor<tf.Tensor4D>('encoded', features.shape);
    const draw = drawPosterior(pass, group, encoded, features, keyedNoise(1, 'test', 0));
    const kl = latentKl(model.plan, draw, draw.z);
    return [draw.prior.mu, draw.prior.sigma, draw.posterior.mu, draw.posterior.sigma, kl];
  });
  for (const list of values) expect(new Set(list).size).toBe(1);
  const [muP, sigmaP, muQ, sigmaQ, kl] = values.map(([value = Number.NaN]) => value) as [
    number,
    number,
    number,
    number,
    number,
  ];
  return { muP, sigmaP, muQ, sigmaQ, kl: kl / (group.size ** 2 * group.latentSize) };
}

const raw = (most: number) => {
  const value = fc.double({ min: -most, max: most, noNaN: true });
  return fc.record({ mu: value, logSigma: value });
};

describe('the posterior', () => {
  const model = () => Nvae.create(smallModel({ fixedFlows: true }), 1);

  test('should be the prior moved by dMu and scaled by dSigma, and the KL that of equation 2', async () => {
    const own = model();
    const group = own.plan.groups[1]!;
    await fc.assert(
      fc.asyncProperty(raw(0.3), raw(0.3), async (decoder, encoder) => {
        const { muP, sigmaP, muQ, sigmaQ, kl } = await distributionsOf(own, group, decoder, encoder);
        // The soft clamp takes less than 0.003 from values up to 0.6.
        expect(Math.abs(muQ - muP - encoder.mu)).toBeLessThan(0.003);
        const ratio = (sigmaQ - sigmaFloor) / (sigmaP - sigmaFloor);
        expect(Math.abs(Math.log(ratio) - encoder.logSigma)).toBeLessThan(0.003);
        const dSigma = Math.exp(encoder.logSigma);
        const formula = 0.5 * (encoder.mu ** 2 / sigmaP ** 2 + dSigma ** 2 - Math.log(dSigma ** 2) - 1);
        expect(Math.abs(kl - formula)).toBeLessThan(0.005 + 0.05 * formula);
      }),
      { numRuns: 25 },
    );
    own.dispose();
  });

  test('should add the raw parameters before the soft clamp, whatever their size', async () => {
    const own = model();
    const group = own.plan.groups[1]!;
    await fc.assert(
      fc.asyncProperty(raw(6), raw(6), async (decoder, encoder) => {
        const { muP, sigmaP, muQ, sigmaQ, kl } = await distributionsOf(own, group, decoder, encoder);
        const near = (value: number, expected: number) =>
          expect(Math.abs(value - expected) / Math.max(1, Math.abs(expected))).toBeLessThan(1e-5);
        near(muP, clamped(decoder.mu));
        near(sigmaP, Math.exp(clamped(decoder.logSigma)) + sigmaFloor);
        near(muQ, clamped(decoder.mu + encoder.mu));
        near(sigmaQ, Math.exp(clamped(decoder.logSigma + encoder.logSigma)) + sigmaFloor);
        // float32 subtracts nearly equal numbers here
        const closed = Math.log(sigmaP / sigmaQ) + ((muQ - muP) ** 2 + sigmaQ ** 2) / (2 * sigmaP ** 2) - 0.5;
        expect(Math.abs(kl - closed) / Math.max(1, closed)).toBeLessThan(1e-4);
      }),
      { numRuns: 25 },
    );
    own.dispose();
  });

  test('should be the prior itself where the encoder says nothing', async () => {
    const own = model();
    const nothing = { mu: 0, logSigma: 0 };
    const result = await distributionsOf(own, own.plan.groups[1]!, { mu: 0.4, logSigma: -0.7 }, nothing);
    expect([result.muQ, result.sigmaQ]).toEqual([result.muP, result.sigmaP]);
    expect(Math.abs(result.kl)).toBeLessThan(1e-6);
    const first = await distributionsOf(own, own.plan.groups[0]!, nothing, { mu: 0.2, logSigma: 0.1 });
    expect([first.muP, first.sigmaP]).toEqual([0, Math.fround(1.01)]); // the prior of level 0 is fixed
    expect(first.muQ).toBeCloseTo(0.2, 3);
    own.dispose();
  });
});
