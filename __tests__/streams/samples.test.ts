import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { from, lastValueFrom, type Observable, of, toArray } from 'rxjs';
import sharp from 'sharp';
import * as tf from '../../src/engine/tf.js';
import { Nvae } from '../../src/model/nvae.js';
import { readjustBatchNorm } from '../../src/streams/readjustBatchNorm.js';
import { samples } from '../../src/streams/samples.js';
import { writeImages } from '../../src/streams/writeImages.js';
import { useTestEngine } from '../support/engine.js';
import { smallModel } from '../support/smallConfig.js';

useTestEngine();

const all = <T>(stream: Observable<T>) => lastValueFrom(stream.pipe(toArray()));

describe('samples', () => {
  test('should give the wanted number in batches, the same for the same seed, and leave no tensor', async () => {
    const model = Nvae.create(smallModel(), 1);
    const before = tf.memory().numTensors;
    const make = (seed: number, temperature = 1) =>
      all(samples(model, { count: 7, batchSize: 3, seed, temperature }));
    const [first, again, other, cold] = [await make(1), await make(1), await make(2), await make(1, 0.1)];
    expect(first.map(({ shape }) => shape[0])).toEqual([3, 3, 1]);
    expect(again).toEqual(first);
    expect(other).not.toEqual(first);
    expect(cold).not.toEqual(first);
    expect(tf.memory().numTensors).toBe(before);
    model.dispose();
  });

  test('should refuse numbers that make no sense when it is called', () => {
    const model = { sample: () => Promise.reject(new Error('never called')) };
    expect(() => samples(model, { count: 0 })).toThrow('count');
    expect(() => readjustBatchNorm({ iterations: -1 })).toThrow('iterations');
  });
});

describe('readjustBatchNorm', () => {
  test('should move the running averages, tell its progress and pass the model on', async () => {
    const model = Nvae.create(smallModel(), 1);
    const averages = async () =>
      JSON.stringify([...(await model.store.tensors())].filter(([name]) => /running/.test(name)));
    const before = await averages();
    const progress: number[] = [];
    const onProgress = (done: number) => progress.push(done);
    const passed = await lastValueFrom(of(model).pipe(readjustBatchNorm({ iterations: 3, onProgress })));
    expect(passed).toBe(model);
    expect(progress).toEqual([1, 2, 3]);
    expect(await averages()).not.toBe(before);
    model.dispose();
  });
});

describe('writeImages', () => {
  test('should number the images over all batches and write their pixels', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'nvae-images-'));
    const batchOf = (...values: number[]) => ({
      pixels: Uint8Array.from(values.flatMap((value) => new Array<number>(12).fill(value))),
      shape: [values.length, 2, 2, 3] as const,
    });
    const paths = await all(
      from([batchOf(10, 20), batchOf(30)]).pipe(writeImages((i) => join(folder, 'new', `${i}.png`))),
    );
    expect(await readdir(join(folder, 'new'))).toEqual(['0.png', '1.png', '2.png']);
    expect([...(await sharp(paths[2]).raw().toBuffer())]).toEqual(new Array(12).fill(30));
    await rm(folder, { recursive: true });
  });
});
