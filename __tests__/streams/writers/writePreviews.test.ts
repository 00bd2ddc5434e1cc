import { readdir, writeFile } from 'node:fs/promises';
import { describe, expect, jest, test } from '@jest/globals';
import { concat, from, NEVER, of, Subject, take, throwError } from 'rxjs';
import sharp from 'sharp';
import type { TrainerLike } from '../../../src/streams/run/trainerLike.js';
import {
  inputsAbove,
  type PreviewPosition,
  writePreviews,
} from '../../../src/streams/writers/writePreviews.js';
import { collect, pause } from '../../support/collect.js';
import { marbles } from '../../support/marbles.js';
import { greyBatch, greys } from '../../support/recipes.js';
import { useTemporaryFolder } from '../../support/temporaryFolder.js';

const inFolder = useTemporaryFolder();
const at = (step: number): PreviewPosition => ({ step, epoch: 0, batchInEpoch: step, imagesSeen: 10 * step });
const inputs = greyBatch(1, 1, 2);

/** Reconstructions and samples of greys that can be told apart. */
function fakeTrainer() {
  return {
    reconstruct: jest.fn<TrainerLike['reconstruct']>(async () => greyBatch(1, 101, 102)),
    sampleImages: jest.fn<TrainerLike['sampleImages']>(async (count) =>
      greyBatch(1, ...Array<number>(count).fill(7)),
    ),
  };
}

const written = (trainer = fakeTrainer(), options: Partial<Parameters<typeof writePreviews>[1]> = {}) =>
  writePreviews(trainer, { folder: inFolder('pictures'), inputs, ...options });
const greysOf = async (name: string) =>
  greys({ pixels: await sharp(inFolder('pictures', name)).raw().toBuffer() });

describe('writePreviews', () => {
  test.each([
    ['never', '-----', '-----', '^----'],
    ['empty', '--|  ', '--|  ', '^-!  '],
    ['error', '--#  ', '--#  ', '^-!  '],
  ])('should cope with %s', (_, given, expected, subs) => {
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold<PreviewPosition>(given.trim());
      expectObservable(source.pipe(written())).toBe(expected.trim());
      expectSubscriptions(source.subscriptions).toBe(subs.trim());
    });
  });

  test('should write inputs above their reconstructions, and new images', async () => {
    const trainer = fakeTrainer();
    const events = await collect(of(at(3)).pipe(written(trainer, { samples: 4 })));
    const position = { type: 'preview', step: 3, imagesSeen: 30 };
    expect(events).toMatchObject([
      { ...position, kind: 'reconstruction', path: inFolder('pictures', 'reconstruction_30.png') },
      { ...position, kind: 'samples', path: inFolder('pictures', 'samples_30.png') },
    ]);
    expect(await greysOf('reconstruction_30.png')).toEqual([1, 2, 101, 102]);
    expect(await greysOf('samples_30.png')).toEqual([7, 7, 7, 7]);
    expect(trainer.reconstruct).toHaveBeenCalledWith(inputs);
    expect(trainer.sampleImages).toHaveBeenCalledWith(4, 0.7, { iterations: 10 });
  });

  test('should make what is wanted only', async () => {
    const kinds = async (position: PreviewPosition, options: Parameters<typeof written>[1] = {}) =>
      (await collect(of(position).pipe(written(fakeTrainer(), options)))).map(({ kind }) => kind);
    expect(await kinds(at(1))).toEqual(['reconstruction', 'samples']);
    expect(await kinds({ ...at(1), kinds: ['samples'] })).toEqual(['samples']);
    expect(await kinds({ ...at(1), kinds: ['reconstruction'] })).toEqual(['reconstruction']);
    expect(await kinds({ ...at(1), kinds: [] })).toEqual([]);
    expect(await kinds(at(1), { inputs: null })).toEqual(['samples']);
    expect(await kinds(at(1), { samples: 0 })).toEqual(['reconstruction']);
  });

  test('should ask for images as it is told', async () => {
    const trainer = fakeTrainer();
    await collect(of(at(1)).pipe(written(trainer, { samples: 2, temperature: 0.5, iterations: 3 })));
    expect(trainer.sampleImages).toHaveBeenCalledWith(2, 0.5, { iterations: 3 });
  });

  test('should pass over positions that come while it is busy, but for the newest', async () => {
    const events = await collect(from([at(1), at(2), at(3)]).pipe(written()));
    expect(events.map(({ step }) => step)).toEqual([1, 1, 3, 3]);
  });

  test('should pass errors of the trainer and of a write', async () => {
    const trainer = fakeTrainer();
    trainer.sampleImages.mockRejectedValueOnce(new Error('no'));
    await expect(collect(of(at(1)).pipe(written(trainer)))).rejects.toThrow('no');
    trainer.reconstruct.mockImplementationOnce(() => {
      throw new Error('thrown');
    });
    await expect(collect(of(at(1)).pipe(written(trainer)))).rejects.toThrow('thrown');
    await writeFile(inFolder('blocked'), '');
    await expect(
      collect(of(at(1)).pipe(written(trainer, { folder: inFolder('blocked') }))),
    ).rejects.toThrow();
    await expect(
      collect(
        concat(
          of(at(1)),
          throwError(() => 'source'),
        ).pipe(written()),
      ),
    ).rejects.toBe('source');
  });

  test('should ask the trainer for nothing more after an unsubscribe', async () => {
    const trainer = fakeTrainer();
    const [first] = await collect(concat(of(at(1)), NEVER).pipe(written(trainer), take(1)));
    await pause(30);
    expect(first?.kind).toBe('reconstruction');
    expect(trainer.sampleImages).not.toHaveBeenCalled();
    const positions = new Subject<PreviewPosition>();
    positions.pipe(written(trainer)).subscribe().unsubscribe();
    expect(positions.observed).toBe(false);
  });

  test('should ask for nothing before a position comes', async () => {
    const trainer = fakeTrainer();
    NEVER.pipe(written(trainer)).subscribe().unsubscribe();
    expect(trainer.reconstruct).not.toHaveBeenCalled();
    await expect(readdir(inFolder('pictures'))).rejects.toThrow('ENOENT');
  });
});

test('inputsAbove should put one row above the other', () => {
  const result = inputsAbove(greyBatch(1, 1, 2, 3), greyBatch(1, 4, 5, 6));
  expect(result.shape).toEqual([1, 2, 3, 3]);
  expect(greys(result)).toEqual([1, 2, 3, 4, 5, 6]);
});
