import { describe, expect, jest, test } from '@jest/globals';
import * as tf from '../../src/engine/tf.js';
import { pullSamples } from '../../src/model/pullSamples.js';
import type { SampleSource } from '../../src/model/sampleSource.js';
import { samples } from '../../src/streams/sampling/samples.js';
import { collect, pause } from '../support/collect.js';
import { useTestEngine } from '../support/engine.js';
import { greyBatch } from '../support/recipes.js';
import { withModel } from '../support/withModel.js';

useTestEngine();

const endless = { count: Number.POSITIVE_INFINITY, batchSize: 1 };

/** Grey images of their draw's number. */
function greySource() {
  const sampleImages = jest.fn<SampleSource['sampleImages']>(async (count, _temperature, { draw = 0 } = {}) =>
    greyBatch(1, ...Array<number>(count).fill(draw)),
  );
  return { sampleImages };
}

describe('pullSamples', () => {
  test('should give the images of samples, and leave no tensor', () =>
    withModel(async (model) => {
      const options = { count: 5, batchSize: 2, temperature: 0.8, seed: 3, firstBatch: 1 };
      const pulled = [];
      for await (const batch of pullSamples(model, options)) pulled.push(batch);
      expect(pulled.map(({ shape }) => shape[0])).toEqual([2, 2, 1]);
      expect(pulled).toEqual(await collect(samples(model, options)));
    }));

  test('should make nothing before it is asked, and one batch ahead of the one in use', async () => {
    const source = greySource();
    const batches = pullSamples(source, endless);
    await pause(10);
    expect(source.sampleImages).not.toHaveBeenCalled();
    const numbers = [];
    for await (const { pixels } of batches) {
      numbers.push(pixels[0]);
      await pause(10);
      expect(source.sampleImages).toHaveBeenCalledTimes(numbers.length + 1);
      if (numbers.length === 3) break;
    }
    expect(numbers).toEqual([0, 1, 2]);
    await pause(10);
    expect(source.sampleImages).toHaveBeenCalledTimes(4);
  });

  test('should make nothing more after a break that comes at once', async () => {
    const source = greySource();
    for await (const _ of pullSamples(source, endless)) break;
    await pause(10);
    expect(source.sampleImages).toHaveBeenCalledTimes(1);
  });

  test('should leave a loop when the batch that is under way is done, so that no tensor is left', () =>
    withModel(async (model) => {
      const before = tf.memory().numTensors;
      const leave = async () => {
        for await (const _ of pullSamples(model, endless)) {
          await pause(5);
          throw new Error('enough');
        }
      };
      await expect(leave()).rejects.toThrow('enough');
      expect(tf.memory().numTensors).toBe(before);
    }));

  test('should throw an error of the source where its batch is due, and begin anew for each loop', async () => {
    const failing: SampleSource = {
      sampleImages: async (_count, _temperature, { draw = 0 } = {}) => {
        if (draw === 2) throw new Error('no third');
        return greyBatch(1, draw);
      },
    };
    const batches = pullSamples(failing, endless);
    for (let turn = 0; turn < 2; turn += 1) {
      const numbers: (number | undefined)[] = [];
      const pull = async () => {
        for await (const { pixels } of batches) numbers.push(pixels[0]);
      };
      await expect(pull()).rejects.toThrow('no third');
      expect(numbers).toEqual([0, 1]);
    }
  });

  test.each([0, -1, 1.5, Number.NaN])('should refuse a count of %d at call time', (count) => {
    expect(() => pullSamples(greySource(), { count })).toThrow(
      'pullSamples: count must be a positive integer',
    );
    expect(() => samples(greySource(), { count })).toThrow('samples: count must be a positive integer');
  });

  test('samples should refuse an endless count, since nobody could hold it back', () => {
    expect(() => samples(greySource(), { count: Number.POSITIVE_INFINITY })).toThrow(
      'samples: count must be',
    );
  });
});
