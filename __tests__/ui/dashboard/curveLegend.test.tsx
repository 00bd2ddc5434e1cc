import { stripVTControlCharacters } from 'node:util';
import { afterEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Journaled } from '../../../src/streams/journal/entry.js';
import { legendLines } from '../../../src/ui/dashboard/CurveLegend.js';
import { valueThere } from '../../../src/ui/dashboard/comparison.js';
import { Dashboard, type DashboardProps } from '../../../src/ui/dashboard/Dashboard.js';
import { termFacts } from '../../../src/ui/dashboard/facts.js';
import { metrics } from '../../../src/ui/dashboard/metrics.js';
import { runFacts } from '../../../src/ui/dashboard/runFacts.js';
import { newRun, type RunView, withEvent } from '../../../src/ui/dashboard/runView.js';
import { words } from '../../../src/ui/dashboard/words.js';
import { widthOf } from '../../../src/ui/text.js';
import { epochEvent, startedEvent, stepEvent, validationEvent } from '../../support/events.js';
import { type Frames, framesOf } from '../../support/frames.js';

let frames: Frames | null = null;
afterEach(() => frames?.end());

const viewOf = (...events: readonly Journaled[]): RunView =>
  events.reduce((before, event) => withEvent(before, { ...event, time: 0 }), newRun);
const epochsOf = (count: number, slope: number, more: (epoch: number) => Journaled[] = () => []) =>
  Array.from({ length: count }, (_, epoch) => [
    ...[1, 2, 3, 4].map((i) => {
      const step = 4 * epoch + i;
      return stepEvent(step, { epoch, loss: 900 - slope * step, imagesSeen: 10 * step });
    }),
    epochEvent(epoch, { reconstructionLoss: 880 - 4 * slope * epoch, seconds: 20 }),
    ...more(epoch),
  ]).flat();
const validated = (epoch: number): Journaled[] => {
  const bits = epoch < 4 ? 4 - epoch / 10 : 3.7 + (epoch - 3) / 10;
  return [
    validationEvent(epoch, {
      imagesSeen: 40 * (epoch + 1),
      negativeElbo: 250 * bits,
      bitsPerDimension: bits,
      bestModel:
        epoch < 4
          ? { path: 'b', bitsPerDimension: bits, epoch }
          : { path: 'b', bitsPerDimension: 3.7, epoch: 3 },
    }),
  ];
};
const own = viewOf(startedEvent({ validationImages: 5 }), ...epochsOf(8, 10, validated));
const longer = viewOf(startedEvent(), ...epochsOf(12, 5));
const shorter = viewOf(startedEvent(), ...epochsOf(2, 5));
const props: DashboardProps = {
  ...{ name: 'demo', view: own, now: 0, controls: true, ending: false, colour: false, checkpointBytes: null },
  ...{ message: '', pathOf: ({ path }) => path, onRequest: () => undefined },
};

async function shown(
  changes: Partial<DashboardProps>,
  keys: readonly string[] = [],
  columns = 120,
  rows = 40,
) {
  frames = framesOf(<Dashboard {...props} {...changes} />);
  await frames.press(...keys);
  const frame = (await frames.at({ columns, rows })).join('\n');
  const raw = frames.overlays.flatMap((overlay) => ('lines' in overlay ? overlay.lines : [])).join('\n');
  return { frame, raw, plot: stripVTControlCharacters(raw) };
}

describe('the loss of a run with validations', () => {
  test('should have marks, a legend and a judgement, told apart without colours', async () => {
    const { frame, plot, raw } = await shown({});
    expect(frame).toMatch(
      /│ o validation 4\.100 bits\/dim {2}! over-fitting (.|\n)*gap to training \+70\.8 % {2}━ training/,
    );
    expect(frame).toMatch(/no better for 4 validations while training improves/);
    expect(plot.match(/o/g)?.length).toBe(8);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: what sets a colour
    expect(raw).not.toMatch(/\u001b\[[\d;]*3\dm/);
  });

  test('should have a colour for each curve where there are colours', async () => {
    const { raw } = await shown({ colour: true, compare: { name: 'slow', view: longer } });
    for (const code of ['1;36', '1;35', '32']) expect(raw).toContain(`\u001b[${code}m`);
  });

  test('should have no legend before the first validation, or where a metric has no validation', async () => {
    expect((await shown({ view: longer })).frame).not.toContain('training ');
    frames?.end();
    const { frame, plot } = await shown({}, ['\u001b[D']);
    expect(frame).toMatch(/1 memory/);
    expect(frame).not.toContain('o validation');
    expect(plot).not.toContain('o ');
  });

  test('should have the validation among the terms, and in the words for screen readers', () => {
    const text =
      '4.100 bits/dim · over-fitting · gap to training +70.8 % · no better for 4 validations while training improves · best 3.700 at epoch 4';
    const fact = termFacts(own).find(({ name }) => name === 'validation');
    expect(fact).toMatchObject({ alarming: true, text: expect.stringContaining(text) });
    expect(words(own, { now: 0, checkpointBytes: null })).toContainEqual(
      expect.stringMatching(/^validation: attention, 4\.100 bits\/dim, over-fitting, gap to training/),
    );
  });
});

test('the bits per dimension should say that they may rise, until the warm-up is over', () => {
  const textAt = (epoch: number) => {
    const steps = [1, 2, 3, 4].map((step) => stepEvent(step, { epoch }));
    return termFacts(viewOf(startedEvent(), ...steps)).find(({ name }) => name === 'negative ELBO')?.text;
  };
  expect(textAt(0)).toMatch(/bits per dimension · may rise until the KL weight is 1$/);
  expect(textAt(startedEvent().config.training.warmupEpochs)).toMatch(/bits per dimension$/);
});

describe('a run on grey images', () => {
  const { model, ...training } = startedEvent().config;
  const config = { ...training, model: { ...model, imageChannels: 1 as const } };
  const steps = [1, 2, 3, 4].map((step) => stepEvent(step, { reconstructionLoss: 900 }));
  const [grey, colour] = [viewOf(startedEvent({ config }), ...steps), viewOf(startedEvent(), ...steps)];
  const bitsOf = (view: RunView) =>
    Number.parseFloat(termFacts(view).find(({ name }) => name === 'negative ELBO')?.text ?? '');

  test('should have three times the bits per dimension for the same nats', () => {
    expect(bitsOf(grey) / bitsOf(colour)).toBeCloseTo(3, 2);
  });

  test('should be compared with its own bits per dimension', () => {
    const metric = metrics.find(({ label }) => label === 'negative ELBO');
    if (!metric) throw new Error('no metric');
    const there = (view: RunView) => Number.parseFloat(valueThere({ name: 'other', view }, metric, 480));
    expect(there(grey) / there(colour)).toBeCloseTo(3, 1);
  });

  test('should be called so among the facts', () => {
    const images = (view: RunView) => runFacts(view, 0).find(({ name }) => name === 'images')?.text;
    expect(images(grey)).toBe('8x8 grey · gaussian');
    expect(images(colour)).toBe('8x8 · gaussian');
  });
});

describe('a second run', () => {
  test('should lie dashed below the first, with what it had after as many images', async () => {
    const { frame, plot } = await shown({ compare: { name: 'slow', view: longer } }, ['1']);
    // The mean of its steps 13 to 32.
    expect(frame).toMatch(/o validation 4\.100 bits\/dim {2}! over-fitting {2}━ demo {2}╌ slow 788 here/);
    expect(plot).toMatch(/[\u2800-\u28ff] +[\u2800-\u28ff].*\n/);
    // All of it: 480 images.
    expect(plot).toMatch(/400/);
  });

  test('should be shown as far as the first in the last steps, and say where it has ended', async () => {
    const { frame } = await shown({ compare: { name: 'short', view: shorter } });
    expect(frame).toMatch(/╌ short 878 at its last step/);
    frames?.end();
    const { plot } = await shown({ compare: { name: 'slow', view: longer } }, ['1', '\u001b[B', '\u001b[B']);
    expect(plot).not.toMatch(/400/);
  });

  test('should be named before it has made a step', async () => {
    const { frame } = await shown({ compare: { name: 'new', view: newRun } });
    expect(frame).toMatch(/╌ new no step yet/);
  });
});

describe('legendLines', () => {
  test('should fit, in order, with the first part', () => {
    const part = fc.record({ text: fc.string({ minLength: 1, unit: 'grapheme-ascii' }) });
    const size = { columns: fc.integer({ min: 4, max: 100 }), rows: fc.integer({ min: 0, max: 3 }) };
    fc.assert(
      fc.property(fc.array(part), fc.record(size), (parts, { columns, rows }) => {
        const lines = legendLines(parts, columns, rows);
        expect(lines.length).toBeLessThanOrEqual(rows);
        for (const line of lines) {
          const width = line.reduce((sum, { text }) => sum + widthOf(text) + 2, 0);
          expect(width).toBeLessThanOrEqual(columns + 1);
        }
        const told = lines.flat().map(({ text }) => text);
        expect(told.length > 0).toBe(rows > 0 && parts.length > 0);
        if (columns > 60 && rows === 3)
          expect(told.slice(0, 2)).toEqual(parts.slice(0, 2).map(({ text }) => text));
      }),
    );
  });
});
