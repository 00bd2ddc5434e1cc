import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { gradientsOf } from '../../src/engine/gradients/gradientsOf.js';
import * as tf from '../../src/engine/tf.js';
import { Nvae } from '../../src/model/nvae.js';
import { keyedNoise } from '../../src/model/random.js';
import { spectralLayers } from '../../src/model/spectralLayers.js';
import { useTestEngine } from '../support/engine.js';
import { smallConfig } from '../support/smallConfig.js';

let model: Nvae;
afterAll(() => model.dispose());
useTestEngine();
beforeAll(() => {
  model = Nvae.create(smallConfig().model, 5);
});

/** The regularisation and its gradients in all parameters, one after the other. */
function penalty(share?: { rank: number; size: number }): number[] {
  const parameters = [...model.store.parameters.values()];
  return tf.tidy(() => {
    const terms = () => model.regularization(keyedNoise(1, 'test', 0), undefined, share);
    const { value, gradients } = gradientsOf(terms, parameters);
    return [value, ...gradients.map((gradient, i) => gradient ?? tf.zerosLike(parameters[i]!))].flatMap(
      (tensor) => [...tensor.dataSync()],
    );
  });
}

describe('the terms of the regularisation that ranks share out', () => {
  test.each([1, 2, 3, 100])('should add up to all of them, on %i ranks', (size) => {
    const whole = penalty();
    const shares = Array.from({ length: size }, (_, rank) => penalty({ rank, size }));
    for (const [i, expected] of whole.entries()) {
      const sum = shares.reduce((all, share) => all + share[i]!, 0);
      expect(Math.abs(sum - expected)).toBeLessThan(1e-5 * Math.max(1, Math.abs(expected)));
    }
    if (size === 1) expect(shares[0]).toEqual(whole);
  });

  test('should be about as much work on each rank', () => {
    const sizeOf = (rank: number) => penalty({ rank, size: 2 }).filter((value) => value !== 0).length;
    const [first, second] = [sizeOf(0), sizeOf(1)];
    expect(spectralLayers(model.plan).length).toBeGreaterThan(2);
    expect(Math.abs(first - second)).toBeLessThan(0.25 * Math.max(first, second));
  });
});
