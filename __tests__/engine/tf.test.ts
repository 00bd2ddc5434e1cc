/** TensorFlow.js as the engines import it: the gradients of tfjs-core, which `npm run build` bundles. */
import { readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { useEngine } from '../../src/engine/index.js';
import * as tf from '../../src/engine/tf.js';

const core = dirname(createRequire(import.meta.url).resolve('@tensorflow/tfjs-core/package.json'));

beforeAll(() => useEngine('cpu'));

describe('the gradients of tfjs-core', () => {
  test('should be all that its modules define', () => {
    const modules = readdirSync(join(core, 'dist/gradients')).filter((name) => name.endsWith('_grad.js'));
    const kernels = Object.entries(tf).filter(([name, value]) => name === value);
    const registered = kernels.filter(([name]) => tf.getGradient(name));
    expect(modules.length).toBeGreaterThan(100);
    expect(registered.length).toBe(modules.length);
  });

  test.each([
    ['logarithm', (x: tf.Tensor) => tf.log(x), [1, 1 / 2, 1 / 4]],
    ['cumulative sum', (x: tf.Tensor) => tf.cumsum(x), [3, 2, 1]],
    ['maximum with broadcasting', (x: tf.Tensor) => tf.maximum(x, tf.tensor1d([2])), [0, 1, 1]],
    ['slice', (x: tf.Tensor) => tf.slice(x, [1], [2]), [0, 1, 1]],
  ] as const)('should belong to the engine that everything else uses: %s', (_, run, expected) => {
    const x = tf.tensor1d([1, 2, 4]);
    const before = tf.memory().numTensors;
    const gradient = tf.grad((at) => tf.sum(run(at)))(x);
    expect(gradient).toBeInstanceOf(tf.Tensor);
    expect([...gradient.dataSync()]).toEqual(expected);
    gradient.dispose();
    expect(tf.memory().numTensors).toBe(before);
    x.dispose();
  });
});
