import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { firstValueFrom, lastValueFrom, take, takeUntil, timer, toArray } from 'rxjs';
import sharp from 'sharp';
import { joinImages } from '../../../src/base/imageBatches.js';
import type { ImageBatch } from '../../../src/base/plainData.js';
import * as tf from '../../../src/engine/tf.js';
import { imagesFromTensor, imagesToTensor } from '../../../src/model/imageTensors.js';
import type { Nvae } from '../../../src/model/nvae.js';
import { keyedNoise } from '../../../src/model/random.js';
import { writeAnimation } from '../../../src/pictures/writeAnimation.js';
import { type InterpolationOptions, interpolation } from '../../../src/streams/sampling/interpolation.js';
import { useTestEngine } from '../../support/engine.js';
import { eventually } from '../../support/eventually.js';
import { smallBatch } from '../../support/smallConfig.js';
import { withModel } from '../../support/withModel.js';

useTestEngine();

const [first, second] = [smallBatch(1, 1), smallBatch(2, 1)];
const between = (model: Nvae, options: InterpolationOptions, a = first, b = second) =>
  lastValueFrom(interpolation(model, a, b, options).pipe(toArray()));

/** What the model makes of one image, by the same noise. */
async function reconstruction(model: Nvae, image: ImageBatch): Promise<ImageBatch> {
  const images = tf.tidy(() => {
    const latents = model.encode(imagesToTensor(image, 8), keyedNoise(0, 'interpolation', 0));
    return model.decode(latents, keyedNoise(0, 'interpolation/decode', 0));
  });
  const result = await imagesFromTensor(images);
  images.dispose();
  return result;
}

describe('interpolation', () => {
  test.each([0, 1, 7, 50])('should give %d images', (n) =>
    withModel(async (model) => {
      const images = await between(model, { n });
      expect(images).toHaveLength(n);
      for (const { shape } of images) expect(shape).toEqual([1, 8, 8, 3]);
    }),
  );

  test('should be the reconstruction all the way between an image and itself', () =>
    withModel(async (model) => {
      const expected = await reconstruction(model, first);
      for (const image of await between(model, { n: 3 }, first, first)) expect(image).toEqual(expected);
    }));

  test('should go back the way it came', () =>
    withModel(async (model) => {
      const there = await between(model, { n: 10 });
      const back = await between(model, { n: 10 }, second, first);
      there.forEach((image, i) => {
        const other = back[9 - i]?.pixels ?? [];
        expect(
          Math.max(...Array.from(image.pixels, (value, k) => Math.abs(value - (other[k] ?? 0)))),
        ).toBeLessThanOrEqual(1);
      });
      expect(there[0]).not.toEqual(there[9]);
    }));

  test('should not depend on how many points there are besides', () =>
    withModel(async (model) => {
      const [one] = await between(model, { n: 1 });
      expect((await between(model, { n: 19 }))[9]).toEqual(one);
    }));

  test('should leave out a flow that is not fixed where that is wanted', () =>
    withModel(async (model) => {
      expect(await between(model, { freeFlow: false })).not.toEqual(await between(model, {}));
    }));

  test('should let a timer end it', () =>
    withModel(async (model) => {
      const before = tf.memory().numTensors;
      const endless$ = interpolation(model, first, second, { n: 1_000_000 });
      const images = await lastValueFrom(endless$.pipe(takeUntil(timer(5)), toArray()));
      expect(images.length).toBeLessThan(100_000);
      await eventually(() => expect(tf.memory().numTensors).toBe(before));
    }));

  test('should take the seed', () =>
    withModel(async (model) => {
      expect(await between(model, { seed: 3 })).toEqual(await between(model, { seed: 3 }));
      expect(await between(model, { seed: 3 })).not.toEqual(await between(model, { seed: 4 }));
    }));

  test('should leave no tensor when it is unsubscribed or fails', () =>
    withModel(async (model) => {
      const before = tf.memory().numTensors;
      await firstValueFrom(interpolation(model, first, second, { n: 50 }).pipe(take(1)));
      await expect(between(model, {}, first, smallBatch(1, 1, 16))).rejects.toThrow(
        'images: expected [batch, 8, 8, 3]',
      );
      await eventually(() => expect(tf.memory().numTensors).toBe(before));
    }));

  test('should refuse a number of points at call time', () =>
    withModel(async (model) => {
      expect(() => interpolation(model, first, second, { n: -1 })).toThrow(
        'interpolation: n must be an integer of at least 0, got -1',
      );
    }));
});

test.each(['gif', 'webp'])('writeAnimation should write frames forth and back as %s', async (format) => {
  const folder = await mkdtemp(join(tmpdir(), 'nvae-animation-'));
  try {
    const path = join(folder, 'deeper', `film.${format}`);
    const shades = [0, 80, 160, 240].map(
      (value): ImageBatch => ({
        pixels: new Uint8Array(4 * 4 * 3).fill(value),
        shape: [1, 4, 4, 3],
      }),
    );
    await writeAnimation(path, joinImages(shades), 40);
    const { pages, pageHeight, delay, loop, ...info } = await sharp(path, { animated: true }).metadata();
    expect({ pages, pageHeight, delay, loop }).toEqual({
      pages: 6,
      pageHeight: 4,
      delay: Array(6).fill(40),
      loop: 0,
    });
    expect(info.format).toBe(format);
    expect(await readdir(join(folder, 'deeper'))).toEqual([`film.${format}`]);
    const { data } = await sharp(path, { animated: true })
      .removeAlpha()
      .raw()
      .toBuffer({ resolveWithObject: true });
    const seen = Array.from({ length: 6 }, (_, i) => data[i * 48] ?? 0);
    [0, 80, 160, 240, 160, 80].forEach((value, i) => {
      expect(Math.abs((seen[i] ?? 0) - value)).toBeLessThan(12);
    });
  } finally {
    await rm(folder, { recursive: true });
  }
});
