import { describe, expect, test } from '@jest/globals';
import { keyNames, keysFor } from '../../../src/ui/dashboard/keyTable.js';
import { metrics, ranges } from '../../../src/ui/dashboard/metrics.js';
import {
  firstScreen,
  type Key,
  type PaneName,
  pressed,
  type ScreenState,
  type Situation,
} from '../../../src/ui/dashboard/screenState.js';
import { inLines } from '../../../src/ui/text.js';

const running: Situation = { controls: true, paused: false, over: false };
const press = (keys: readonly (string | Key)[], situation = running, screen: ScreenState = firstScreen) => {
  let [state, requests]: [ScreenState, unknown[]] = [screen, []];
  for (const key of keys) {
    const next = pressed(state, typeof key === 'string' ? { input: key } : key, situation);
    state = next.screen;
    if (next.request) requests = [...requests, next.request];
  }
  return { screen: state, requests };
};
const [left, right] = [
  { input: '', leftArrow: true },
  { input: '', rightArrow: true },
];
const [up, down] = [
  { input: '', upArrow: true },
  { input: '', downArrow: true },
];
const esc = { input: '', escape: true };

describe('pressed', () => {
  test('should ask the run for what a key says', () => {
    expect(press(['p', 'c', 's', 'r']).requests).toEqual(['pause', 'checkpoint', 'sample', 'reconstruct']);
    expect(press(['p'], { ...running, paused: true }).requests).toEqual(['resume']);
  });

  test('should ask before it ends a run, and do as it is told', () => {
    expect(press(['q'])).toMatchObject({ screen: { quitting: true }, requests: [] });
    expect(press(['q', 's'])).toMatchObject({ screen: { quitting: false }, requests: ['stop'] });
    expect(press(['q', 'k']).requests).toEqual(['abort']);
    expect(press(['q', esc, 'c'])).toMatchObject({
      screen: { quitting: false },
      requests: ['checkpoint'],
    });
    expect(press(['q', 'p', 'c'])).toMatchObject({ screen: { quitting: true }, requests: [] });
  });

  test('should take Ctrl-C as a signal, also while it asks', () => {
    expect(press([{ input: 'c', ctrl: true }]).requests).toEqual(['interrupt']);
    expect(press(['q', { input: 'c', ctrl: true }]).requests).toEqual(['interrupt']);
  });

  test('should only close a screen that watches, or of a run that is over', () => {
    const watching = { ...running, controls: false };
    expect(press(['p', 'c', 's', 'r', 'q'], watching).requests).toEqual(['leave']);
    expect(press([{ input: 'c', ctrl: true }], watching).requests).toEqual(['leave']);
    expect(press(['p', 'q'], { ...running, over: true }).requests).toEqual(['leave']);
  });

  test('should turn through metrics and ranges in both directions', () => {
    expect(press([right, right, left]).screen.metric).toBe(1);
    expect(press([left]).screen.metric).toBe(metrics.length - 1);
    expect(press([down]).screen.range).toBe(1);
    expect(press([up]).screen.range).toBe(ranges.length - 1);
    expect(press(['y']).screen.logarithmic).toBe(true);
  });

  test('should enlarge a part and go back, by its digit, by tab and by l', () => {
    expect(press(['2']).screen.pane).toBe('groups');
    expect(press(['2', '2']).screen.pane).toBeNull();
    expect(press(['2', '5']).screen.pane).toBe('samples');
    expect(press(['5', esc]).screen.pane).toBeNull();
    expect(press([{ input: '', tab: true }]).screen.pane).toBe('curve');
    expect(press([{ input: '', tab: true, shift: true }]).screen.pane).toBe('run');
    expect(press(['8']).screen.pane).toBe('run');
    expect(press(['l']).screen.pane).toBe('log');
    expect(press(['l', 'l']).screen.pane).toBeNull();
  });

  test('should go through earlier pictures and lines where they are enlarged', () => {
    expect(press(['4', left, left, right]).screen).toMatchObject({ back: 1, metric: 0 });
    expect(press(['4', right]).screen.back).toBe(0);
    expect(press(['l', up, up, down]).screen).toMatchObject({ scroll: 1, range: 0 });
  });

  test('should show the help until any key', () => {
    expect(press(['?']).screen.help).toBe(true);
    expect(press(['?', 'c'])).toMatchObject({ screen: { help: false }, requests: [] });
  });
});

describe('the key bar', () => {
  const here = { controls: true, paused: false, pane: null, logarithmic: false };

  test.each([60, 80, 110, 250])('should have every key in sight at %s columns', (columns) => {
    const lines = inLines(keyNames(here), columns, 3);
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(columns);
    for (const { key } of keysFor(here)) expect(lines.join('')).toContain(`${key} `);
  });

  test('should not offer what a screen that only watches cannot do', () => {
    const names = keyNames({ ...here, controls: false });
    expect(names[0]).toBe('q close');
    expect(names.join()).not.toContain('pause');
  });

  test('should say what each key does now', () => {
    const at = (changes: Partial<typeof here> | { pane: PaneName }) =>
      keyNames({ ...here, ...changes }).join(', ');
    expect(at({})).toMatch(/p pause, .*y log axis, 1-8 enlarge, .*l log/);
    expect(at({ paused: true })).toMatch(/p resume,/);
    expect(at({ logarithmic: true })).toMatch(/y linear axis,/);
    expect(at({ pane: 'log' })).toMatch(/↑↓ scroll, .*esc back, .*l close log/);
    expect(at({ pane: 'samples' })).toMatch(/←→ earlier, later/);
    expect(at({ pane: 'samples' })).not.toMatch(/axis|range|metric/);
  });
});
