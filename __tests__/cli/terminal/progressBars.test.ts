import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { barsAsLines, liveBars, noBars } from '../../../src/cli/terminal/progressBars.js';
import { createTestTerminal, type TestTerminal } from '../../support/terminal.js';

beforeEach(() => {
  // xterm.js works through a queue of its own.
  jest.useFakeTimers({ doNotFake: ['setTimeout', 'setImmediate', 'nextTick', 'queueMicrotask'] });
});
afterEach(() => {
  jest.useRealTimers();
});

const work = { label: 'making images', total: 40, unit: 'images' };
const linesOf = async (terminal: TestTerminal) => (await terminal.screen()).filter(Boolean);

describe('liveBars', () => {
  test('should keep one line, and leave nothing when the work is over', async () => {
    const terminal = createTestTerminal(60, 5);
    const bar = liveBars(terminal.stdout).start(work);
    jest.advanceTimersByTime(2000);
    for (const done of [4, 8, 12]) {
      bar.at(done);
      jest.advanceTimersByTime(1000);
    }
    expect(await linesOf(terminal)).toEqual(['making images ▕███▌        ▏ 12/40  2.4 images/s  0:12 left']);
    bar.end();
    expect(await linesOf(terminal)).toEqual([]);
    terminal.stdout.write('next');
    expect(await linesOf(terminal)).toEqual(['next']);
  });

  test('should draw when it is told of progress, where timers have no turn', async () => {
    const terminal = createTestTerminal();
    const bar = liveBars(terminal.stdout).start(work);
    jest.advanceTimersByTime(499);
    bar.at(1);
    expect(terminal.written()).toBe('');
    const now = performance.now();
    jest.spyOn(performance, 'now').mockReturnValue(now + 300);
    bar.at(2);
    expect(terminal.written()).toContain('2/40');
    bar.at(3);
    expect(terminal.written()).toBe('');
    jest.restoreAllMocks();
    bar.end();
  });

  test('should be as wide as 80 columns where the terminal says that it has none', () => {
    const terminal = createTestTerminal();
    Object.assign(terminal.stdout, { columns: 0, rows: 0 });
    const bar = liveBars(terminal.stdout).start(work);
    jest.advanceTimersByTime(600);
    expect(terminal.written()).toContain('making images ▕');
    bar.end();
  });

  test('should let the work go on where a bar cannot be drawn', () => {
    const terminal = createTestTerminal();
    const label = null as unknown as string;
    const bar = liveBars(terminal.stdout).start({ ...work, label });
    jest.advanceTimersByTime(600);
    bar.at(3);
    jest.advanceTimersByTime(600);
    expect(terminal.written().split('warning: progress bar: ')).toHaveLength(2);
    bar.end();
  });

  test('should draw at most ten times a second', () => {
    const terminal = createTestTerminal();
    const bars = liveBars(terminal.stdout);
    const bar = bars.start(work);
    jest.advanceTimersByTime(600);
    terminal.written();
    for (let i = 0; i < 1000; i += 1) {
      bar.at(i % 40);
      bars.aside(() => undefined);
      jest.advanceTimersByTime(1);
    }
    expect(terminal.written().split('making').length - 1).toBeLessThanOrEqual(10);
    bar.end();
  });

  test('should say nothing of what is over within half a second', () => {
    const terminal = createTestTerminal();
    const bar = liveBars(terminal.stdout).start(work);
    for (let i = 0; i < 4; i += 1) {
      jest.advanceTimersByTime(100);
      bar.at(10 * i);
    }
    bar.end();
    expect(terminal.written()).toBe('');
  });

  test('should make room for what is printed meanwhile, and come back below it', async () => {
    const terminal = createTestTerminal();
    const bars = liveBars(terminal.stdout);
    const bar = bars.start(work);
    jest.advanceTimersByTime(1000);
    bars.aside(() => void terminal.stdout.write('warning: something\n'));
    expect(await linesOf(terminal)).toEqual(['warning: something']);
    jest.advanceTimersByTime(100);
    expect(await linesOf(terminal)).toEqual(['warning: something', expect.stringContaining('0/40 images')]);
    bar.end();
    expect(await linesOf(terminal)).toEqual(['warning: something']);
  });

  test('should show the newest of several, and the one before again behind its end', async () => {
    const terminal = createTestTerminal();
    const bars = liveBars(terminal.stdout);
    const [outer, inner] = [bars.start(work), bars.start({ ...work, label: 'inner' })];
    jest.advanceTimersByTime(1000);
    expect(await linesOf(terminal)).toEqual([expect.stringContaining('inner')]);
    inner.end();
    inner.end();
    jest.advanceTimersByTime(100);
    expect(await linesOf(terminal)).toEqual([expect.stringContaining('making')]);
    outer.end();
    expect(await linesOf(terminal)).toEqual([]);
  });

  test('should be erased as a whole where the terminal has become narrower and folded it', async () => {
    const terminal = createTestTerminal(80, 6);
    const bar = liveBars(terminal.stdout).start(work);
    terminal.stdout.write('before\n');
    jest.advanceTimersByTime(1000);
    bar.at(5);
    await linesOf(terminal);
    terminal.resize(30, 6);
    jest.advanceTimersByTime(100);
    expect(await linesOf(terminal)).toEqual(['before', expect.stringMatching(/^making images 5\/40/)]);
    bar.end();
    expect(await linesOf(terminal)).toEqual(['before']);
  });

  test('should leave nothing that listens or ticks', () => {
    const listeners = () => process.eventNames().map((name) => [name, process.listenerCount(name)]);
    const terminal = createTestTerminal();
    liveBars(terminal.stdout).start(work).end();
    const before = listeners();
    const bar = liveBars(terminal.stdout).start(work);
    expect(jest.getTimerCount()).toBe(1);
    bar.end();
    expect([jest.getTimerCount(), listeners()]).toEqual([0, before]);
  });
});

describe('barsAsLines', () => {
  test('should tell now and then, and nothing of what is over soon', () => {
    const told: string[] = [];
    const bars = barsAsLines((line) => told.push(line));
    const bar = bars.start(work);
    for (let i = 1; i <= 10; i += 1) {
      jest.advanceTimersByTime(500);
      bar.at(i);
    }
    bar.end();
    expect(told).toEqual([
      'making images: 4 of 40 images, 2.0 images/s, 0:18 left',
      'making images: 8 of 40 images, 2.0 images/s, 0:16 left',
    ]);
    bars.aside(() => told.push('aside'));
    expect(told.at(-1)).toBe('aside');
  });
});

test('noBars should only print what is printed', () => {
  let printed = 0;
  const bar = noBars.start(work);
  bar.at(1);
  noBars.aside(() => {
    printed += 1;
  });
  bar.end();
  expect(printed).toBe(1);
});
