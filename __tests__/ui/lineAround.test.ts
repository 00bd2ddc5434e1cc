import { describe, expect, test } from '@jest/globals';
import { lineAround } from '../../src/ui/lineAround.js';

const [dim, plain, red, noColour] = ['\u001b[2m', '\u001b[22m', '\u001b[31m', '\u001b[39m'];

describe('lineAround', () => {
  test('should leave a line whole that nothing covers', () => {
    expect(lineAround(`${dim}│${plain} a`, [])).toEqual([`${dim}│${plain} a`]);
  });

  test('should give what is around the covers', () => {
    const covers = [
      { column: 1, columns: 3 },
      { column: 5, columns: 2 },
    ];
    expect(lineAround('a...b..c', covers)).toEqual(['a', 'b', 'c']);
    expect(lineAround('a', covers)).toEqual(['a', '', '']);
    expect(lineAround('', covers)).toEqual(['', '', '']);
  });

  test('should begin each piece with the styles that hold there, and with no others', () => {
    const line = `${red}${dim}│${plain}   ${dim}b${plain}${noColour}c`;
    expect(lineAround(line, [{ column: 1, columns: 3 }])).toEqual([
      `${red}${dim}│`,
      `${red}${dim}b${plain}${noColour}c`,
    ]);
    expect(lineAround(`${red}a${noColour}...b`, [{ column: 1, columns: 3 }])).toEqual([`${red}a`, 'b']);
    expect(lineAround(`${red}a\u001b[0m...b`, [{ column: 1, columns: 3 }])).toEqual([`${red}a`, 'b']);
  });

  test('should count cells, not characters', () => {
    expect(lineAround('日e\u0301👍🏽..x', [{ column: 5, columns: 2 }])).toEqual(['日e\u0301👍🏽', 'x']);
  });
});
