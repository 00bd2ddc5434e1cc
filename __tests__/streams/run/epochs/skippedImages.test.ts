import { describe, expect, test } from '@jest/globals';
import type { SkippedImage } from '../../../../src/data/itemPixels.js';
import { skippedImages } from '../../../../src/streams/run/epochs/skippedImages.js';

const skip = (number: number, why: SkippedImage['why'], reason = 'ENOENT: no'): SkippedImage => {
  const name = `${number}.png`;
  return { item: { name }, path: name, why, reason };
};

function report() {
  const told: string[] = [];
  const skipped = skippedImages((message) => told.push(message));
  const tell = (from: number, to: number, why: SkippedImage['why'], reason?: string) => {
    for (let i = from; i < to; i += 1) skipped.tell(`${i} ${why}`, skip(i, why, reason));
  };
  return { skipped, tell, told: () => told.splice(0) };
}

describe('skippedImages', () => {
  test('should name the first ten of thousands and count the others at the end of the epoch', () => {
    const { skipped, tell, told } = report();
    tell(0, 3000, 'unread');
    expect(told()).toEqual(Array.from({ length: 10 }, (_, i) => `${i} unread`));
    expect(skipped.endOf(0)).toEqual({ count: 3000, gone: true, reason: 'ENOENT: no' });
    expect(told()).toEqual([
      'epoch 1: 3000 images could not be read (ENOENT: no); the next epoch tries them again',
    ]);
  });

  test('should name each file once, and count those that are still away in the next epoch', () => {
    const { skipped, tell, told } = report();
    for (const epoch of [0, 1]) {
      tell(0, 2, 'unread');
      skipped.endOf(epoch);
    }
    expect(told()).toEqual([
      '0 unread',
      '1 unread',
      'epoch 2: 2 images could not be read (ENOENT: no); the next epoch tries them again',
    ]);
  });

  test('should tell damage apart, and say nothing where all is named or nothing happens', () => {
    const { skipped, tell, told } = report();
    tell(0, 11, 'damaged');
    tell(20, 21, 'unread', 'EIO: no');
    expect(skipped.endOf(0)).toEqual({ count: 1, gone: false, reason: 'EIO: no' });
    expect(told().slice(-2)).toEqual([
      '20 unread',
      'epoch 1: 11 images skipped because they are damaged; the first 10 are named above',
    ]);
    expect(skipped.endOf(1)).toMatchObject({ count: 0 });
    expect(told()).toEqual([]);
  });
});
