import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import stringWidth from 'string-width';
import { cut, filled, fitting, inLines, oneLine, wrapped } from '../../src/ui/text.js';

const text = fc.string({ unit: 'grapheme', maxLength: 60 });
const columns = fc.integer({ min: 1, max: 50 });

describe('texts that must fit', () => {
  test('should be no wider than they may be, whatever characters they are made of', () => {
    fc.assert(
      fc.property(text, fc.array(text), columns, fc.integer({ min: 0, max: 4 }), (raw, raws, width, rows) => {
        const [one, parts] = [oneLine(raw), raws.map(oneLine)];
        expect(stringWidth(cut(one, width))).toBeLessThanOrEqual(width);
        expect(stringWidth(filled(one, width))).toBe(width);
        expect(stringWidth(fitting(parts, width))).toBeLessThanOrEqual(width);
        for (const lines of [inLines(parts, width, rows), wrapped(raw, width, rows)]) {
          expect(lines.length).toBeLessThanOrEqual(rows);
          for (const line of lines) expect(stringWidth(line)).toBeLessThanOrEqual(width);
        }
      }),
    );
  });

  test('should be one line without what moves the cursor', () => {
    expect(oneLine('a\r\nb\tc\u001b[2Jd\u001b]0;title\u0007e\u202ef')).toBe('a b c d e f');
  });

  test('should be cut between characters, with an ellipsis', () => {
    expect(cut('日本語', 5)).toBe('日本…');
    expect(cut('日本語', 4)).toBe('日…');
    expect(cut('👩‍👩‍👧 family', 5)).toBe('👩‍👩‍👧 f…');
    expect(cut('abc', 0)).toBe('');
  });

  test('should go on in further lines, and say where something is left out', () => {
    expect(inLines(['q quit', 'p pause', 'c checkpoint'], 20, 3)).toEqual([
      ' q quit  p pause',
      ' c checkpoint',
    ]);
    expect(inLines(['epoch 1/4'], 4, 1)).toEqual(['epo…']);
    expect(wrapped('one two three four', 9, 2)).toEqual(['one two', 'three …']);
  });
});
