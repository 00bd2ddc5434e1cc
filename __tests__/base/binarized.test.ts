import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { binarized } from '../../src/base/binarized.js';
import { keyedUniform } from '../../src/model/random.js';

const values = fc.uint8Array({ minLength: 1, maxLength: 100 });
const draw = (key: string) => keyedUniform(1, key, 0);
const never = () => {
  throw new Error('no draw expected');
};

describe('binarized', () => {
  test('should leave only 0 and 255, and binary values and the given ones as they were', () => {
    fc.assert(
      fc.property(values, fc.constantFrom('dynamic' as const, 'threshold' as const), (given, method) => {
        const before = Uint8Array.from(given);
        const result = binarized(given, method, draw('values'));
        expect(result.every((value) => value === 0 || value === 255)).toBe(true);
        expect(binarized(result, method, never)).toEqual(result);
        expect(given).toEqual(before);
      }),
    );
  });

  test('should set 255 as often as the value says, also for the values next to 0 and 255', () => {
    const count = 40_000;
    for (const value of [1, 3, 64, 128, 200, 254]) {
      const result = binarized(new Uint8Array(count).fill(value), 'dynamic', draw(`mean of ${value}`));
      const share = result.filter((one) => one === 255).length / count;
      const [expected, deviation] = [
        value / 255,
        Math.sqrt((value / 255) * (1 - value / 255) * count) / count,
      ];
      expect(Math.abs(share - expected)).toBeLessThan(5 * deviation);
    }
  });

  test('should draw once for each value that is not binary, independently of the others', () => {
    const draws = [0.4, 0.6, 0.1];
    const result = binarized(Uint8Array.of(0, 128, 128, 255, 10), 'dynamic', () => draws.shift() ?? 1);
    expect([...result]).toEqual([0, 255, 0, 255, 0]);
    expect(draws).toEqual([]);
    expect([...binarized(Uint8Array.of(1, 1), 'dynamic', () => 0)]).toEqual([255, 255]);
    expect([...binarized(Uint8Array.of(254, 254), 'dynamic', () => 1 - 2 ** -32)]).toEqual([0, 0]);
  });

  test('should set 255 from 128 on for the threshold, without a draw', () => {
    expect([...binarized(Uint8Array.of(0, 127, 128, 255), 'threshold', never)]).toEqual([0, 0, 255, 255]);
  });

  test('should return the given values for none', () => {
    const given = Uint8Array.of(1, 2, 3);
    expect(binarized(given, 'none', never)).toBe(given);
  });
});
