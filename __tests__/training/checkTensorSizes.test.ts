import { expect, test } from '@jest/globals';
import type { NvaeConfig } from '../../src/config/types.js';
import { checkTensorSizes } from '../../src/training/checkTensorSizes.js';
import { smallConfig } from '../support/smallConfig.js';

const mebibyte = 2 ** 20;
const limit = { name: 'maxBufferSize', bytes: 128 * mebibyte };

/** The largest features of an image: 64 x 64 pixels of 18 channels. */
const config = (training: Partial<NvaeConfig['training']>) => smallConfig({ inputDimension: 64 }, training);

test('a batch whose features are larger than a tensor can be is refused, with what fits', () => {
  const check = (training: Partial<NvaeConfig['training']>, bytes = limit.bytes) =>
    checkTensorSizes(config(training), { ...limit, bytes });
  expect(() => check({ batchSize: 512 })).toThrow(
    new RangeError(
      'small in batches of 512: the largest features of a step take 144 MiB, but the device takes at most 128 MiB in one tensor ' +
        '(maxBufferSize); pass --set training_parameters.accumulation_steps=2 to compute a batch in parts, or ' +
        '--set training_parameters.batch_size=455, or use another engine (--engine native)',
    ),
  );
  expect(() => check({ batchSize: 512, accumulationSteps: 2 })).not.toThrow();
  expect(() => check({ batchSize: 455 })).not.toThrow();
  expect(() => check({ batchSize: 1 }, mebibyte / 4)).toThrow(
    /^small in batches of 1: .* in one tensor \(maxBufferSize\), too little for one image; use another engine/,
  );
});

test('engines whose tensors are limited by memory alone take all', () => {
  expect(() => checkTensorSizes(config({ batchSize: 1e6 }), null)).not.toThrow();
});
