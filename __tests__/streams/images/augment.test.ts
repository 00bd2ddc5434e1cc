import { describe, expect, jest, test } from '@jest/globals';
import { from, map } from 'rxjs';
import type { DecodedImage } from '../../../src/data/decodedImage.js';
import { type Augmentation, augment } from '../../../src/streams/images/augment.js';
import type { Recipe } from '../../../src/streams/images/recipe.js';
import { collect } from '../../support/collect.js';
import { marbles } from '../../support/marbles.js';
import { greys, imageOf, recipeOf } from '../../support/recipes.js';

const options = { seed: 3, epoch: 0 };
const many = Array.from({ length: 200 }, (_, i) => imageOf(`${i}.png`, 1, 2, 3, 4));
const one = recipeOf(imageOf('a.png', 1, 2, 3, 4));

async function made(
  augmentation: Parameters<typeof augment>[0],
  images: readonly (DecodedImage | null)[] = many,
  epoch = 0,
) {
  const recipes = await collect(from(images.map(recipeOf)).pipe(augment(augmentation, { seed: 3, epoch })));
  return Promise.all(recipes.map((recipe) => recipe.make()));
}

async function only(augmentation: Parameters<typeof augment>[0], recipe: Recipe<DecodedImage> = one) {
  const [result] = await collect(from([recipe]).pipe(augment(augmentation, options)));
  return result!;
}

describe('augment', () => {
  test.each([
    ['never', '  -------', '^------'],
    ['empty', '  ---|   ', '^--!'],
    ['one', '    -a-|   ', '^--!'],
    ['many', '   a-bc-|  ', '^----!'],
    ['error', '  a-#    ', '^-!'],
    ['endless', 'a-b-c--', '^------'],
  ])('should change neither order nor time: %s', (_, given, subs) => {
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const recipes = { a: { ...one, images: 1 }, b: { ...one, images: 2 }, c: { ...one, images: 3 } };
      const source = cold(given.trim(), recipes);
      const images = source.pipe(
        augment({ horizontalFlip: true }, options),
        map((recipe) => recipe.images),
      );
      expectObservable(images).toBe(given.trim(), { a: 1, b: 2, c: 3 });
      expectSubscriptions(source.subscriptions).toBe(subs);
    });
  });

  test('should unsubscribe', () => {
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('a----', { a: one });
      const images = source.pipe(
        augment({ horizontalFlip: true }, options),
        map((recipe) => recipe.images),
      );
      expectObservable(images, '^--!').toBe('1--', { 1: 1 });
      expectSubscriptions(source.subscriptions).toBe('^--!');
    });
  });

  test('should mirror about half of the images, the same ones for the same seed and epoch', async () => {
    const bytes = async (horizontalFlip: boolean, epoch: number) =>
      (await made({ horizontalFlip }, many, epoch)).map((image) => greys(image!).join());
    const flipped = await bytes(true, 0);
    expect(new Set(flipped)).toEqual(new Set(['1,2,3,4', '2,1,4,3']));
    const count = flipped.filter((text) => text === '2,1,4,3').length;
    expect(count).toBeGreaterThan(60);
    expect(count).toBeLessThan(140);
    expect(await bytes(true, 0)).toEqual(flipped);
    expect(await bytes(true, 1)).not.toEqual(flipped);
    expect(new Set(await bytes(false, 0))).toEqual(new Set(['1,2,3,4']));
  });

  test('should draw by the name of the image, whatever comes before it', async () => {
    const draw: Augmentation = (image, random) => {
      const value = Math.floor(256 * random());
      return imageOf(image.name, value, value, value, value);
    };
    const forwards = await made(draw);
    const backwards = await made(draw, [...many].reverse());
    expect(backwards.reverse()).toEqual(forwards);
    expect(new Set(forwards.map((image) => greys(image!)[0])).size).toBeGreaterThan(100);
  });

  test('should give the same at every call of make', async () => {
    const draw: Augmentation = async (image, random) => imageOf(image.name, 256 * random(), 0, 0, 0);
    const recipe = await only(draw);
    expect(await recipe.make()).toEqual(await recipe.make());
  });

  test('should vary what is kept as what is made, and leave an augmentation of your own its time', async () => {
    const image = imageOf('a.png', 1, 2, 3, 4);
    const keeping = { ...recipeOf(image), peek: () => image };
    for (const epoch of [0, 1, 2, 3]) {
      const [recipe] = await collect(
        from([keeping]).pipe(augment({ horizontalFlip: true }, { seed: 3, epoch })),
      );
      expect(recipe!.peek?.()).toEqual(await recipe!.make());
    }
    expect((await only({}, { ...keeping, peek: () => null })).peek?.()).toBeNull();
    expect((await only({})).peek?.()).toBeNull();
    expect((await only((given) => given, keeping)).peek).toBeUndefined();
  });

  test('should leave the image as it was', async () => {
    await made({ horizontalFlip: true });
    expect(new Set(many.map((image) => greys(image).join()))).toEqual(new Set(['1,2,3,4']));
  });

  test('should not be asked about damaged images', async () => {
    const augmentation = jest.fn<Augmentation>((image) => image);
    expect(await made(augmentation, [null, null])).toEqual([null, null]);
    expect(augmentation).not.toHaveBeenCalled();
  });

  test('should fail make, not the stream, where the augmentation throws or rejects', async () => {
    const throwing = await only(() => {
      throw new Error('no');
    });
    await expect(throwing.make()).rejects.toThrow('no');
    const rejecting = await only(() => Promise.reject(new Error('no')));
    await expect(rejecting.make()).rejects.toThrow('no');
  });

  test('should draw other numbers for another purpose', async () => {
    const drawn = async (purpose?: string) => {
      const numbers: number[] = [];
      const draw: Augmentation = (image, random) => {
        numbers.push(random());
        return image;
      };
      const key = { ...options, ...(purpose !== undefined && { purpose }) };
      const [recipe] = await collect(from([one]).pipe(augment(draw, key)));
      await recipe!.make();
      return numbers;
    };
    expect(await drawn()).toEqual(await drawn('augment'));
    expect(await drawn('own')).not.toEqual(await drawn());
  });

  test.each<[string, unknown, string]>([
    ['nothing', undefined, 'got nothing'],
    ['an image of another size', imageOf('a.png', 1), 'got 3 values'],
    ['other numbers', { size: 2, pixels: new Float32Array(12) }, 'got a Float32Array'],
  ])('should refuse %s as a result, and name the image', async (_, result, got) => {
    const recipe = await only(() => result as DecodedImage);
    const expected = 'augment: the pixels of its result must be a Uint8Array of 12 values (2 x 2 x 3), ';
    await expect(recipe.make()).rejects.toThrow(`${expected}${got} for "a.png"`);
  });

  test('should make nothing before it is asked to, and pass the signal on', async () => {
    const make = jest.fn(one.make);
    const recipe = await only({ horizontalFlip: false }, { images: 1, make });
    expect(make).not.toHaveBeenCalled();
    const { signal } = new AbortController();
    await recipe.make(signal);
    expect(make).toHaveBeenCalledWith(signal);
  });
});
