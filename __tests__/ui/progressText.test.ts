import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import stringWidth from 'string-width';
import { type ProgressSnapshot, progressBarLine, progressWords } from '../../src/ui/progressText.js';

const work = (changes: Partial<ProgressSnapshot> = {}): ProgressSnapshot => ({
  ...{ label: 'making images', done: 12, total: 40, unit: 'images', seconds: 4 },
  ...changes,
});

describe('progressBarLine', () => {
  test('should show label, bar, count, rate and time left, less of them where it is narrow', () => {
    const lines = [100, 79, 60, 50, 40, 30, 26, 20, 5, 0].map((width) => progressBarLine(work(), width));
    expect(lines).toEqual([
      'making images ▕████████████                            ▏ 12/40  3.0 images/s  0:09 left',
      'making images ▕█████████▌                      ▏ 12/40  3.0 images/s  0:09 left',
      'making images ▕███▉         ▏ 12/40  3.0 images/s  0:09 left',
      'making images ▕█████            ▏ 12/40  0:09 left',
      'making images 12/40  0:09 left',
      'making images 12/40  0:09 left',
      'making images 12/40  0:09…',
      'making images 12/40…',
      'maki…',
      '',
    ]);
  });

  test('should fill the bar by eighths', () => {
    const cell = Array.from({ length: 9 }, (_, done) =>
      progressBarLine(work({ done, total: 320, seconds: 0 }), 80).slice(15, 17),
    );
    expect(cell).toEqual(['  ', '▏ ', '▎ ', '▍ ', '▌ ', '▋ ', '▊ ', '▉ ', '█ ']);
  });

  test('should name the unit and promise nothing before the first is done', () => {
    expect(progressBarLine(work({ done: 0 }), 60)).toBe(`making images ▕${' '.repeat(32)}▏ 0/40 images`);
  });

  test.each([
    [1, 4, '0:04 left'],
    [40, 4, '0:00 left'],
    [1, 10 * 60, '6:30:00 left'],
    [1, 86_400, '39 d 00:00 left'],
    [20, 59.7, '1:00 left'],
  ])('should say how long it takes when %d are done in %d s', (done, seconds, left) => {
    expect(
      progressBarLine(work({ done, seconds, total: done === 1 && seconds === 4 ? 2 : 40 }), 100),
    ).toContain(left);
  });

  test('should never be wider than it may be, nor more than one line, whatever it is told', () => {
    const anything = fc.record({
      label: fc.string({ unit: 'grapheme' }),
      done: fc.oneof(fc.nat(), fc.double()),
      total: fc.oneof(fc.nat(), fc.double()),
      unit: fc.string(),
      seconds: fc.oneof(fc.nat(), fc.double()),
    });
    fc.assert(
      fc.property(anything, fc.nat(200), (progress, width) => {
        const line = progressBarLine(progress, width);
        expect(stringWidth(line)).toBeLessThanOrEqual(width);
        expect(line).not.toMatch(/[\p{Cc}\u2028]/u);
      }),
    );
  });
});

test('progressWords should say the same for a log', () => {
  expect(progressWords(work())).toBe('making images: 12 of 40 images, 3.0 images/s, 0:09 left');
  expect(progressWords(work({ label: 'a\nb', done: 0 }))).toBe('a b: 0 of 40 images');
});
