import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { TrainingConfig } from '../../../src/config/types.js';
import type { JournalEntry, Journaled } from '../../../src/streams/journal/entry.js';
import { arrangement, rearranged } from '../../../src/ui/dashboard/arrangement.js';
import { firstPictures } from '../../../src/ui/dashboard/firstPictures.js';
import { newRun, withEvent } from '../../../src/ui/dashboard/runView.js';
import { smallConfig } from '../../support/checkpoints.js';
import { startedEvent, stepEvent } from '../../support/events.js';

describe('arrangement', () => {
  test.each([
    // [images, width and height of the space], across, down, shown
    [9, 50, 20, [5, 2, 9]],
    [9, 20, 60, [1, 3, 3]],
    [9, 96, 96, [3, 3, 9]],
    [1, 50, 20, [1, 1, 1]],
  ])('should use the space for %s images of 32 pixels in %s x %s', (count, width, height, expected) => {
    const { across, down, shown } = arrangement(count, { width: 32, height: 32 }, { width, height });
    expect([across, down, shown]).toEqual(expected);
  });

  test('should show all where each is as large as it is, and rather larger ones than all where it is narrow', () => {
    const pairs = { width: 32, height: 64 };
    expect(arrangement(8, pairs, { width: 400, height: 64 }).shown).toBe(8);
    expect(arrangement(8, pairs, { width: 50, height: 20 }).shown).toBeLessThan(8);
  });

  test('should keep the pixels of each image', () => {
    const size = fc.integer({ min: 1, max: 5 });
    fc.assert(
      fc.property(size, size, fc.integer({ min: 1, max: 9 }), size, (width, height, count, across) => {
        const perRow = 3;
        const rows = Math.ceil(count / perRow);
        const pixels = new Uint8Array(perRow * width * rows * height * 3);
        for (let i = 0; i < pixels.length; i += 1) {
          const [x, y] = [Math.floor(i / 3) % (perRow * width), Math.floor(i / 3 / (perRow * width))];
          pixels[i] = 1 + Math.floor(x / width) + perRow * Math.floor(y / height);
        }
        const picture = { pixels, width: perRow * width, height: rows * height };
        const down = Math.ceil(count / across);
        const image = { width, height };
        const result = rearranged(picture, image, { across, down, shown: count });
        const numbers = Array.from({ length: across * down }, (_, i) => {
          const [x, y] = [(i % across) * width, Math.floor(i / across) * height];
          return result.pixels[(y * result.width + x) * 3 + 2];
        });
        expect(numbers).toEqual(Array.from(numbers, (_, i) => (i < count ? i + 1 : 0)));
      }),
    );
  });
});

describe('firstPictures', () => {
  const training: TrainingConfig = {
    ...smallConfig().training,
    imagesPerCheckpoint: null,
    writeReconstruction: true,
  };
  const view = (changes: Partial<TrainingConfig>, more: Journaled[], epochs = 10) => {
    const config = { ...smallConfig(), training: { ...training, ...changes } };
    const events = [startedEvent({ config, images: 100, batchSize: 10, epochs }), ...more];
    return events.reduce((before, event) => withEvent(before, { ...event, time: 0 } as JournalEntry), newRun);
  };
  const steps = [1, 2, 3].map((i) => stepEvent(i, { batchSize: 10, imagesTaken: 10 * i, seconds: 2 }));

  test('should say after which epoch they come, and in about how long', () => {
    const lines = firstPictures(view({ epochsPerCheckpoint: 2 }, steps), 'samples', true);
    expect(lines).toEqual(['first pictures after epoch 2, in about 34 s', 'press s to write some now']);
  });

  test('should say it before the speed is known, and where the screen only watches', () => {
    expect(firstPictures(view({ epochsPerCheckpoint: 3 }, []), 'reconstruction', false)).toEqual([
      'first pictures after epoch 3',
    ]);
  });

  test('should know of steps, of the end, and of what is not scheduled', () => {
    const bySteps = view({ epochsPerCheckpoint: 2, imagesPerCheckpoint: 50 }, steps);
    expect(firstPictures(bySteps, 'samples', false)).toEqual(['first pictures after step 5, in about 4 s']);
    expect(firstPictures(view({ epochsPerCheckpoint: 1000 }, steps, 3), 'samples', false)[0]).toMatch(
      /epoch 3,/,
    );
    const none = view({ writeReconstruction: false }, steps);
    expect(firstPictures(none, 'reconstruction', true)).toEqual([
      'none are scheduled',
      'press r to write some now',
    ]);
  });
});
