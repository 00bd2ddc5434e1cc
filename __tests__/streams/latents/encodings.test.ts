/** Images to latents and back, with a model. */
import { readdir, writeFile } from 'node:fs/promises';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { firstValueFrom, from, map, of, Subject, take, tap, throwError } from 'rxjs';
import { joinEncodings } from '../../../src/base/encodings.js';
import { imageAt, joinImages } from '../../../src/base/imageBatches.js';
import type { Encoding, LatentValues, NamedImages } from '../../../src/base/plainData.js';
import * as tf from '../../../src/engine/tf.js';
import { decodeLatents } from '../../../src/model/decodeLatents.js';
import { encodeImages } from '../../../src/model/encodeImages.js';
import type { LatentKind, Nvae } from '../../../src/model/nvae.js';
import { decodings } from '../../../src/streams/latents/decodings.js';
import { type EncodingsOptions, encodings } from '../../../src/streams/latents/encodings.js';
import { readLatents } from '../../../src/streams/latents/readLatents.js';
import { reconstructions } from '../../../src/streams/latents/reconstructions.js';
import { writeLatents } from '../../../src/streams/latents/writeLatents.js';
import { collect } from '../../support/collect.js';
import { useTestEngine } from '../../support/engine.js';
import { eventually } from '../../support/eventually.js';
import { writePictures } from '../../support/pictures.js';
import { smallBatch } from '../../support/smallConfig.js';
import { useTemporaryFolder } from '../../support/temporaryFolder.js';
import { withModel } from '../../support/withModel.js';

const inFolder = useTemporaryFolder();
useTestEngine();

const seven: NamedImages = {
  ...smallBatch(3, 7),
  names: ['a', 'b', 'c', 'd', 'e', 'f', 'g'].map((name) => `${name}.png`),
};

/** Some of the seven images, as batches of these sizes. */
function batchesOf(order: readonly number[], sizes: readonly number[]): NamedImages[] {
  let begin = 0;
  return sizes.map((size) => {
    const mine = order.slice(begin, begin + size);
    begin += size;
    const names = mine.map((i) => seven.names[i] ?? '');
    return { ...joinImages(mine.map((i) => imageAt(seven, i))), names };
  });
}

const encoded = async (model: Nvae, batches: readonly NamedImages[], options?: EncodingsOptions) =>
  joinEncodings(await collect(encodings(model, from(batches), options)));

/** The images of a stream as one batch, with all names. */
async function together(parts: readonly NamedImages[]): Promise<NamedImages> {
  return { ...joinImages(parts), names: parts.flatMap(({ names }) => names) };
}

describe('encodings', () => {
  test('should be those of the model, in plain arrays', () =>
    withModel(async (model) => {
      const [one] = await collect(encodings(model, of(seven), { seed: 4 }));
      expect(one?.names).toEqual(seven.names);
      expect(one?.latents.map(({ shape }) => shape)).toEqual(
        model.latentShapes.map((shape) => [7, ...shape]),
      );
      expect(one).toEqual(await encodeImages(model, seven, { seed: 4 }));
      expect(one?.latents[0]?.data).toBeInstanceOf(Float32Array);
    }));

  test.each<LatentKind>(['drawn', 'mean'])('should not depend on batches or order, if %s', (latents) =>
    withModel(async (model) => {
      const whole = await encoded(model, [seven], { latents });
      const check = async (order: number[], cut: number) => {
        const sizes = [cut, order.length - cut].filter((size) => size > 0);
        const made = await encoded(model, batchesOf(order, sizes), { latents });
        made.latents.forEach(({ data, shape }, group) => {
          const perImage = data.length / shape[0];
          order.forEach((image, i) => {
            const expected = whole.latents[group]?.data.subarray(image * perImage, (image + 1) * perImage);
            expect(data.subarray(i * perImage, (i + 1) * perImage)).toEqual(expected);
          });
        });
      };
      const order = fc.shuffledSubarray([0, 1, 2, 3, 4, 5, 6], { minLength: 1 });
      await fc.assert(
        fc.asyncProperty(order, fc.nat(6), (some, cut) => check(some, cut % some.length)),
        { numRuns: 15 },
      );
    }),
  );

  test('should take seed, mean and flow', () =>
    withModel(async (model) => {
      const latents = async (options: EncodingsOptions) => (await encoded(model, [seven], options)).latents;
      const drawn = await latents({ seed: 1 });
      expect(await latents({ seed: 1 })).toEqual(drawn);
      expect(await latents({ seed: 2 })).not.toEqual(drawn);
      const mean = await latents({ seed: 1, latents: 'mean' });
      expect(mean).not.toEqual(drawn);
      expect(await latents({ seed: 2, latents: 'mean' })).toEqual(mean);
      expect(await latents({ latents: 'mean', freeFlow: false })).not.toEqual(mean);
    }));

  test('should read a folder, and tell of what it skips', () =>
    withModel(async (model) => {
      await writePictures(inFolder(), 5);
      await writeFile(inFolder('03.png'), 'no image');
      const warnings: string[] = [];
      const options = { batchSize: 2, onWarning: (message: string) => warnings.push(message) };
      const all = await collect(encodings(model, inFolder(), options));
      expect(all.map(({ names }) => names)).toEqual([['00.png', '01.png'], ['02.png'], ['04.png']]);
      expect(warnings).toEqual([expect.stringMatching(/03\.png: skipped: /)]);
      await expect(collect(encodings(model, inFolder('nowhere')))).rejects.toThrow('folder does not exist');
    }));

  test('should finish the running batch when stopped, and leave no tensor when left or failed', () =>
    withModel(async (model) => {
      const before = tf.memory().numTensors;
      const stop$ = new Subject<void>();
      const batches = Array.from({ length: 50 }, () => seven);
      const some = encodings(model, from(batches), { stop$ }).pipe(tap(() => stop$.next()));
      expect(await collect(some)).toHaveLength(1);
      await firstValueFrom(encodings(model, from(batches)).pipe(take(1)));
      await expect(collect(encodings(model, of(smallBatch(1, 2, 16))))).rejects.toThrow(
        'images: expected [batch, 8',
      );
      await expect(
        collect(
          encodings(
            model,
            throwError(() => new Error('gone')),
          ),
        ),
      ).rejects.toThrow('gone');
      const nameless = { ...seven, names: ['a'] };
      await expect(collect(encodings(model, of(nameless)))).rejects.toThrow(
        'names must be one per image, 7, got 1',
      );
      await eventually(() => expect(tf.memory().numTensors).toBe(before));
    }));

  test('should name the image whose latents are not finite', () =>
    withModel(async (model) => {
      const name =
        [...model.store.buffers.keys()].find((key) => /^preprocess.*running_mean$/.test(key)) ?? '';
      const buffer = model.store.buffer(name);
      tf.tidy(() => {
        buffer.assign(tf.fill(buffer.shape, Number.NaN));
      });
      await expect(collect(encodings(model, of(seven)))).rejects.toThrow(
        'latents of "a.png": latent group 0 contains NaN; try an earlier checkpoint',
      );
    }));

  test('should refuse numbers at call time', () =>
    withModel(async (model) => {
      expect(() => encodings(model, of(), { batchSize: 0 })).toThrow(
        'encodings: batchSize must be a positive integer',
      );
      expect(() => encodings(model, of(), { seed: 0.5 })).toThrow(
        'encodings: seed must be an integer, got 0.5',
      );
      expect(() => decodings(model, of(), { batchSize: 1.5 })).toThrow(
        'decodings: batchSize must be a positive',
      );
      expect(() => reconstructions(model, of(), { seed: Number.NaN })).toThrow(
        'reconstructions: seed must be',
      );
    }));
});

describe('decodings of encodings', () => {
  test.each([
    ['drawn', 'mean'],
    ['mean', 'mean'],
    ['drawn', 'sample'],
    ['mean', 'most_likely_value'],
  ] as const)(
    'should be reconstructions bit for bit, with latents %s and statistic %s',
    (latents, statistic) =>
      withModel(async (model) => {
        const options = { latents, statistic, seed: 5 };
        const [expected] = await collect(reconstructions(model, of(seven), options));
        expect(expected?.originals).toEqual({ pixels: seven.pixels, shape: seven.shape });
        const path = inFolder('x.safetensors');
        const parts = batchesOf([0, 1, 2, 3, 4, 5, 6], [3, 1, 3]);
        const [written] = await collect(encodings(model, from(parts), options).pipe(writeLatents(path)));
        expect(written).toEqual({ path, images: 7, named: true });
        for (const batchSize of [1, 4, 16]) {
          const decoded = await together(await collect(decodings(model, path, { ...options, batchSize })));
          expect(decoded.names).toEqual(seven.names);
          expect(decoded.pixels).toEqual(expected?.images.pixels);
        }
        const straight$ = decodings(model, encodings(model, from(parts), options), options);
        expect((await together(await collect(straight$))).pixels).toEqual(expected?.images.pixels);
      }),
  );

  test('should show an edit', () =>
    withModel(async (model) => {
      const decoded = async (edit: (latents: readonly LatentValues[]) => readonly LatentValues[]) => {
        const edited$ = encodings(model, of(seven)).pipe(
          map(({ names, latents }): Encoding => ({ names, latents: edit(latents) })),
        );
        const [images] = await collect(decodings(model, edited$));
        return images;
      };
      const swapped = (latents: readonly LatentValues[]) =>
        latents.map((values) => ({ ...values, data: values.data.map((value) => -value) }));
      expect(await decoded(swapped)).not.toEqual(await decoded((latents) => latents));
    }));

  test('should refuse what does not fit the model', () =>
    withModel(async (model) => {
      const encoding = await encodeImages(model, seven);
      const refused = async (latents: readonly LatentValues[], names = encoding.names) =>
        decodeLatents(model, { names, latents }).then(
          () => 'not refused',
          (error: Error) => `${error.name}: ${error.message}`,
        );
      const [first, second] = encoding.latents as [LatentValues, LatentValues];
      expect(await refused([first])).toBe('RangeError: decodeLatents: expected 2 latent groups, got 1');
      expect(await refused([second, first])).toMatch(
        /latent group 0: expected \[7,.*\] with \d+ values, got \[7,/,
      );
      expect(await refused([first, second], [])).toContain('expected at least one image, got none');
      const broken = {
        ...second,
        data: second.data.map((value, i) => (i === second.data.length - 1 ? Number.NaN : value)),
      };
      expect(await refused([first, broken])).toMatch(
        /^NonFiniteLatentsError: latents of "g.png": latent group 1 contains NaN; /,
      );
      await collect(of(encoding).pipe(writeLatents(inFolder('x.safetensors'))));
      await collect(
        of({ names: encoding.names, latents: [first] }).pipe(writeLatents(inFolder('y.safetensors'))),
      );
      await expect(collect(decodings(model, inFolder('y.safetensors')))).rejects.toThrow(
        /y\.safetensors: "latent\.1": expected \[7,.*\] for the model, got none/,
      );
    }));

  test('should read no more than one batch ahead of the model', () =>
    withModel(async (model) => {
      await collect(encodings(model, of(seven)).pipe(writeLatents(inFolder('x.safetensors'))));
      let [made, decoded, most] = [0, 0, 0];
      const counted$ = readLatents(inFolder('x.safetensors'), { batchSize: 1 }).pipe(
        map((recipe) => ({
          ...recipe,
          make: async (signal?: AbortSignal) => {
            made += 1;
            most = Math.max(most, made - decoded);
            return recipe.make(signal);
          },
        })),
      );
      await collect(
        decodings(model, counted$).pipe(
          tap(() => {
            decoded += 1;
          }),
        ),
      );
      expect(made).toBe(7);
      expect(most).toBeLessThanOrEqual(2);
    }));
});

describe('writeLatents', () => {
  const one = (name: string): Encoding => ({
    names: [name],
    latents: [{ dtype: 'float32', shape: [1, 1, 1, 1], data: Float32Array.of(1) }],
  });

  test('should open nothing before it is subscribed, and write nothing of nothing', async () => {
    const written$ = of<Encoding>().pipe(writeLatents(inFolder('deeper', 'x.safetensors')));
    expect(await readdir(inFolder())).toEqual([]);
    expect(await collect(written$)).toEqual([]);
    expect(await readdir(inFolder())).toEqual([]);
  });

  test('should leave nothing behind an error or an unsubscribe', async () => {
    const path = inFolder('x.safetensors');
    const source$ = new Subject<Encoding>();
    const subscription = source$.pipe(writeLatents(path)).subscribe();
    await eventually(() => expect(source$.observed).toBe(true));
    source$.next(one('a'));
    expect(await readdir(inFolder())).toEqual(['x.safetensors.partial.0']);
    subscription.unsubscribe();
    expect(await readdir(inFolder())).toEqual([]);
    const failing$ = from([one('a'), one('b')]).pipe(
      tap(({ names }) => {
        if (names[0] === 'b') throw new Error('engine lost');
      }),
    );
    await expect(collect(failing$.pipe(writeLatents(path)))).rejects.toThrow('engine lost');
    expect(await readdir(inFolder())).toEqual([]);
  });

  test('should refuse metadata at call time', () => {
    expect(() => writeLatents('x', { metadata: { format: 'mine' } })).toThrow(
      '"format" is written by itself',
    );
  });
});
