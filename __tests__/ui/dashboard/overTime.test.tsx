import { stripVTControlCharacters } from 'node:util';
import { afterEach, describe, expect, test } from '@jest/globals';
import type { Journaled } from '../../../src/streams/journal/entry.js';
import { areaChart, resampled } from '../../../src/ui/dashboard/areaChart.js';
import { Dashboard, type DashboardProps } from '../../../src/ui/dashboard/Dashboard.js';
import { healthFacts } from '../../../src/ui/dashboard/facts.js';
import { newRun, withEvent } from '../../../src/ui/dashboard/runView.js';
import { startedEvent, stepEvent } from '../../support/events.js';
import { type Frames, framesOf } from '../../support/frames.js';

describe('areaChart', () => {
  test('should fill from the bottom, and show that an amount is not 0', () => {
    expect(areaChart([0, 0.001, 4, 8, Number.NaN], 2, 8)).toEqual(['   █ ', ' ▁██ ']);
  });

  test('should be as wide as it shall, with what was before where nothing is', () => {
    const samples = [0, 10, 20, 100].map((x) => ({ x, y: x }));
    expect(resampled(samples, 5)).toEqual([5, 20, 20, 20, 100]);
  });
});

let frames: Frames | null = null;
afterEach(() => frames?.end());

const step = (i: number) =>
  stepEvent(i, {
    klPerGroup: [i, 0.0001],
    imagesSeen: i,
    seconds: 1,
    residentBytes: 1e9 + 1e6 * i,
    loss: 500 - i,
  });
const view = [startedEvent(), ...Array.from({ length: 60 }, (_, i) => step(i + 1))].reduce(
  (before, event: Journaled) => withEvent(before, { ...event, time: 0 }),
  newRun,
);
const props: DashboardProps = {
  ...{ name: 'demo', view, now: 0, controls: true, ending: false, colour: false, checkpointBytes: null },
  ...{ message: '', pathOf: ({ path }) => path, onRequest: () => undefined },
};

/** What is on the screen with a part enlarged: the frame, and what lies over it. */
async function enlarged(
  key: string,
  columns: number,
  rows: number,
): Promise<{ frame: string; over: string[] }> {
  frames = framesOf(<Dashboard {...props} />);
  await frames.press(key);
  const frame = (await frames.at({ columns, rows })).join('\n');
  const over = frames.overlays.flatMap((overlay) => ('lines' in overlay ? [overlay.lines.join('\n')] : []));
  return { frame, over: over.map(stripVTControlCharacters) };
}

describe('an enlarged part', () => {
  test('should have the course of each latent group beside its bar', async () => {
    const { frame, over } = await enlarged('2', 80, 24);
    expect(frame).toMatch(/2x2 g0 +█+ 50\.5/);
    expect(frame).toMatch(/4x4 g1 +!▏ 1\.0e-4 collapsed\?/);
    expect(frame).toContain('per variable');
    expect(over).toHaveLength(1);
    // It grows, from nothing to the whole height.
    expect(over[0]).toMatch(/^ +\n +▁*▂.*█\n/m);
    expect(over[0]).toMatch(/20 +40 +images/);
  });

  test('should have a curve of each term of the loss', async () => {
    const { frame, over } = await enlarged('3', 80, 24);
    for (const name of ['reconstruction 1.00', 'KL 0', 'negative ELBO', 'regularisation'])
      expect(frame).toContain(` ${name}`);
    expect(over).toHaveLength(4);
  });

  test('should have a curve of what tells whether all is well', async () => {
    const { frame, over } = await enlarged('6', 110, 32);
    for (const name of ['gradient norm 1.00', 'speed 1.00', 'memory 1.1 GB', 'data wait 0 %'])
      expect(frame).toContain(` ${name}`);
    expect(over).toHaveLength(4);
    expect(over.join()).toMatch(/GB┤/);
  });
});

describe('data wait', () => {
  const waiting = (waits: readonly number[]) => {
    const events = waits.map((waitSeconds, i) => stepEvent(i + 1, { seconds: 1, waitSeconds }));
    const waited = [startedEvent(), ...events].reduce(
      (before, event: Journaled) => withEvent(before, { ...event, time: 0 }),
      newRun,
    );
    return healthFacts(waited, { now: 0, checkpointBytes: null }).find(({ name }) => name === 'speed');
  };

  test('should not alarm for the step behind pictures, but where most steps wait', () => {
    const once = waiting([0, 0, 0, 0, 0, 0, 0, 9]);
    expect(once).toMatchObject({ alarming: false, text: expect.stringContaining('data wait 0 %') });
    expect(waiting([0, 9, 0, 9, 0, 9, 0, 9])?.alarming).toBe(false);
    expect(waiting([0, 1, 1, 1, 1, 1, 1, 1])).toMatchObject({
      alarming: true,
      text: expect.stringContaining('data wait 50 %'),
    });
  });
});
