import { describe, expect, test } from '@jest/globals';
import {
  integerFrom,
  numberFromZero,
  positiveNumber,
  temperature,
} from '../../src/cli/commands/commonOptions.js';

describe('a number on the command line', () => {
  test.each([
    ['1000', 1000],
    ['1e3', 1000],
    ['+5', 5],
  ])('may be %j', (text, value) => {
    expect(integerFrom(0)(text)).toBe(value);
    expect(positiveNumber(text)).toBe(value);
    expect(numberFromZero(text)).toBe(value);
  });

  test.each([
    '',
    ' ',
    '0x10',
    '0b1',
    '1_000',
    '1,5',
    'Infinity',
    'NaN',
    '1e999',
    '9007199254740993',
    '-1',
    '1.5',
    'five',
  ])('should not be %j where an integer is expected', (text) => {
    expect(() => integerFrom(0)(text)).toThrow('Expected an integer of at least 0.');
  });

  test.each(['', ' ', '0x10', '1_000', '1,5', 'Infinity', 'NaN', '1e999', '-1', 'five'])(
    'should not be %j where a number is expected',
    (text) => {
      expect(() => positiveNumber(text)).toThrow('Expected a number greater than 0.');
      expect(() => numberFromZero(text)).toThrow('Expected a number of at least 0.');
    },
  );

  test.each(['0x1', ' ', '', '0.5,,1', '1.5', '-0.1', '0.5;0.7', 'warm'])(
    'should not be %j as a temperature',
    (text) => {
      expect(() => temperature(text)).toThrow('Expected a number between 0 and 1');
    },
  );
});
