import { expect, test } from '@jest/globals';
import { useEngine } from '../../../src/engine/index.js';
import { importBeside, silently } from '../../../src/engine/tensorflow/importBeside.js';
import * as tf from '../../../src/engine/tf.js';

/** What a second copy of tfjs does to the registries that it shares with ours. */
function intrude(): void {
  const kernelFunc: tf.KernelFunc = () => {
    throw new Error('the kernel of the other copy');
  };
  for (const kernelName of ['Add', 'ResizeNearestNeighborGrad']) {
    tf.unregisterKernel(kernelName, 'cpu');
    tf.registerKernel({ kernelName, backendName: 'cpu', kernelFunc });
  }
  tf.registerGradient({ kernelName: 'Square', gradFunc: () => ({}) });
  tf.registerKernel({ kernelName: 'Add', backendName: 'other', kernelFunc });
  tf.env().platform = { ...tf.env().platform };
}

function chatter(): void {
  process.stdout.write('The kernel is already registered\n');
  process.stderr.write('Platform node has already been set\n');
}

test('an import leaves what is in use as it is, and prints nothing', async () => {
  await useEngine('cpu');
  const { platform } = tf.env();
  const printed: string[] = [];
  const writes = [process.stdout, process.stderr].map((stream) => [stream, stream.write] as const);
  const record = (text: unknown) => printed.push(String(text)) > 0;
  for (const [stream] of writes) stream.write = record;
  try {
    await importBeside(() => {
      intrude();
      silently(chatter, null);
    });
    process.stdout.write('heard again');
  } finally {
    for (const [stream, write] of writes) stream.write = write;
  }
  expect(printed).toEqual(['heard again']);
  expect(tf.env().platform).toBe(platform);
  expect(tf.getBackend()).toBe('cpu');
  const [sum, gradient] = tf.tidy(() => [
    tf.add(1, 2).dataSync()[0],
    tf
      .grad((x) => tf.sum(tf.square(x)))(tf.tensor1d([3]))
      .dataSync()[0],
  ]);
  expect([sum, gradient]).toEqual([3, 6]);
  expect(tf.getKernel('Add', 'other')).toBeDefined();
  tf.unregisterKernel('Add', 'other');
});

test('an import that fails does so too', async () => {
  await useEngine('cpu');
  const failing = () => {
    intrude();
    tf.unregisterKernel('Add', 'other');
    throw new Error('no addon');
  };
  await expect(importBeside(failing)).rejects.toThrow('no addon');
  expect(tf.tidy(() => tf.add(1, 2).dataSync()[0])).toBe(3);
});
