/** On the native engine, the third sampling of a kind and later ones are one native call; nothing else may tell. */
import { afterAll, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { nativeBackend } from '../../src/engine/native/inUse.js';
import * as tf from '../../src/engine/tf.js';
import { Nvae } from '../../src/model/nvae.js';
import { keyedNoise } from '../../src/model/random.js';
import { useTestEngine } from '../support/engine.js';
import { smallModel } from '../support/smallConfig.js';

const config = smallModel({ numFlows: 0 });
let model: Nvae;
let run: ReturnType<typeof jest.spyOn> | undefined;
afterAll(() => model.dispose());
useTestEngine();
beforeAll(() => {
  model = Nvae.create(config, 5);
  const backend = nativeBackend();
  if (backend) run = jest.spyOn(backend.addon, 'runProgram');
});
beforeEach(() => {
  run?.mockClear();
});

const noise = (draw: number) => keyedNoise(1, 'test', draw);
const timesOnNative = (times: number) => {
  if (run) expect(run).toHaveBeenCalledTimes(times);
};

async function valuesOf(images: tf.Tensor4D): Promise<Float32Array> {
  const values = await images.data<'float32'>();
  images.dispose();
  return values;
}

/** The samples of a model that has never sampled before. */
async function firstSamples(of: Nvae, ...[count, temperature, draw, statistic]: Sampling) {
  const weights = new Map([...of.store.parameters, ...of.store.buffers]);
  const other = of.withValues((name) => weights.get(name)!);
  const values = await valuesOf(other.sample(count, temperature, noise(draw), statistic));
  other.dispose();
  return values;
}

type Sampling = [count: number, temperature: number, draw: number, statistic: 'mean' | 'sample'];

describe('samples that are replayed', () => {
  test.each(['mean', 'sample'] as const)(
    'should have the same bits, whatever was sampled before: %s',
    async (statistic) => {
      for (let draw = 0; draw < 4; draw++) {
        for (const [count, temperature] of [
          [2, 0.7],
          [3, 0.7],
          [2, 0.8],
        ] as const) {
          const sampling: Sampling = [count, temperature, draw, statistic];
          const expected = await firstSamples(model, ...sampling);
          expect(await valuesOf(model.sample(count, temperature, noise(draw), statistic))).toEqual(expected);
        }
      }
      // drawing a value chooses components in JavaScript
      timesOnNative(statistic === 'mean' ? 6 : 0);
    },
  );

  test('should see weights and averages that changed', async () => {
    const sampling: Sampling = [4, 1, 7, 'mean'];
    const next = () => valuesOf(model.sample(4, 1, noise(7)));
    const before = [await next(), await next(), await next()];
    expect(before[2]).toEqual(before[0]);
    timesOnNative(1);
    for (const variable of [...model.store.parameters.values(), ...model.store.buffers.values()]) {
      tf.tidy(() => variable.assign(tf.add(tf.mul(variable, 1.25), 0.01)));
    }
    const expected = await firstSamples(model, ...sampling);
    expect(expected).not.toEqual(before[0]);
    for (let i = 0; i < 4; i++) expect(await next()).toEqual(expected);
  });

  test('should leave no tensor and take no more memory', async () => {
    const sample = () => valuesOf(model.sample(5, 0.6, noise(0)));
    for (let i = 0; i < 3; i++) await sample();
    const { numTensors } = tf.memory();
    const pool = nativeBackend()?.poolStatistics();
    for (let i = 0; i < 20; i++) await sample();
    expect(tf.memory().numTensors).toBe(numTensors);
    expect(nativeBackend()?.poolStatistics()).toEqual(pool);
    timesOnNative(21);
  });
});
