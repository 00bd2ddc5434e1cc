import { PassThrough, Readable } from 'node:stream';
import { describe, expect, test } from '@jest/globals';
import { take } from 'rxjs';
import { parseCherryChoice } from '../../../src/cli/sampling/parseCherryChoice.js';
import { inputLines } from '../../../src/cli/terminal/inputLines.js';
import { collect, pause } from '../../support/collect.js';

const atOnce = async () => undefined;

describe('inputLines', () => {
  test('should give each line, the last one too where nothing ends it', async () => {
    const input = () => Readable.from(['1\n2', '3\r\n', '\n', 'end']);
    expect(await collect(inputLines(input(), atOnce))).toEqual(['1', '23', '', 'end']);
    expect(await collect(inputLines(Readable.from([]), atOnce))).toEqual([]);
  });

  test('should give a line when it is ready for it, and read little ahead of an endless text', async () => {
    let read = 0;
    const endless = Readable.from(
      (function* () {
        for (;;) yield `${'0\n'.repeat(1000)}${++read}\n`;
      })(),
    );
    const given = await collect(inputLines(endless, () => pause(1)).pipe(take(20)));
    expect(given).toEqual(Array(20).fill('0'));
    expect(read).toBeLessThan(50);
  });

  test('should read nothing before there is a subscriber, nor after an unsubscribe, and leave the input open', async () => {
    const input = new PassThrough();
    const stream = inputLines(input, atOnce);
    expect(input.listenerCount('data')).toBe(0);
    const given: string[] = [];
    const subscription = stream.subscribe((line) => given.push(line));
    input.write('a\n');
    await pause(5);
    subscription.unsubscribe();
    input.write('b\n');
    await pause(5);
    expect(given).toEqual(['a']);
    expect(input.destroyed).toBe(false);
  });

  test('should pass an error of what it waits for', async () => {
    const failing = () => Promise.reject(new Error('no'));
    await expect(collect(inputLines(Readable.from(['a\n']), failing))).rejects.toThrow('no');
  });
});

test.each([
  ['3', { type: 'toggle', number: 3 }],
  [' 12 ', { type: 'toggle', number: 12 }],
  ['0', { type: 'next' }],
  ['u', { type: 'undo' }],
  ['U', { type: 'undo' }],
  ['3 1 2', { type: 'order', order: [3, 1, 2] }],
  ['3,1, 2', { type: 'order', order: [3, 1, 2] }],
  ['', null],
  ['x', null],
  ['-1', null],
  ['1.5', null],
  ['u u', null],
  ['1 x', null],
])('the line %j should be the choice %j', (line, choice) => expect(parseCherryChoice(line)).toEqual(choice));
