import { stripVTControlCharacters } from 'node:util';
import { afterEach, describe, expect, test } from '@jest/globals';
import stringWidth from 'string-width';
import type { TrainEvent } from '../../../src/streams/run/events.js';
import { Dashboard, type DashboardProps } from '../../../src/ui/dashboard/Dashboard.js';
import { newRun, withEvent } from '../../../src/ui/dashboard/runView.js';
import type { ScreenSize } from '../../../src/ui/screenSize.js';
import { epochEvent, startedEvent, stepEvent, validationEvent } from '../../support/events.js';
import { type Frames, framesOf } from '../../support/frames.js';

/** What spoils lines: line ends, tabs, escape sequences, wide characters, and more of them than fit. */
const nasty = `line\nbreak\ttab \u001b[31mred\u001b[0m \u001b]0;title\u0007 日本語のとても長い名前 👩‍👩‍👧 ${'x'.repeat(400)}`;

const run: TrainEvent[] = [
  startedEvent({ images: 1000, epochs: 4, batchSize: 10, engineDescription: nasty }),
  ...Array.from({ length: 60 }, (_, i) =>
    stepEvent(i + 1, {
      loss: 5000 - i,
      klPerGroup: [120 - i, 0.001],
      imagesSeen: 10 * (i + 1),
      imagesTaken: 10 * (i + 1),
      batchSize: 10,
      seconds: 0.5,
      residentBytes: 1.1e9,
    }),
  ),
  { type: 'warning', about: 'dataset', message: nasty },
  { type: 'checkpoint', ...position(), path: `saved/${nasty}.checkpoint`, seconds: 0.1 },
];

function position() {
  return { epoch: 0, batchInEpoch: 1, step: 40, imagesSeen: 400 };
}

const view = run.reduce((before, event) => withEvent(before, { ...event, time: 1e12 }), newRun);
const props: DashboardProps = {
  name: 'demo',
  view,
  now: 1e12 + 60_000,
  controls: true,
  ending: false,
  colour: true,
  checkpointBytes: 38e6,
  message: '',
  pathOf: ({ path }) => path,
  onRequest: () => undefined,
};

const grid = (columns: readonly number[], rows: readonly number[]): ScreenSize[] =>
  columns.flatMap((each) => rows.map((row) => ({ columns: each, rows: row })));
const sizes = grid([1, 2, 5, 12, 29, 30, 60, 80, 90, 110, 300], [1, 2, 3, 9, 10, 14, 20, 24, 26, 32, 100]);
/** Those at which something changes. */
const edges = grid([1, 29, 30, 60, 80, 90, 300], [1, 9, 10, 20, 24, 26, 100]);
/** The corners, and a sixteenth of all: another one for each state of the screen, so that together they are all. */
const some = (state: number): ScreenSize[] => [
  ...grid([1, 300], [1, 100]),
  ...grid([30, 80], [10, 24]),
  ...sizes.filter((_, i) => i % 16 === state % 16),
];

let frames: Frames | null = null;
afterEach(() => frames?.end());

/** Of these sizes: no line too many, none too wide, and nothing over what lies beside it. */
async function check(
  shown: Frames,
  at: readonly ScreenSize[],
  more: (lines: readonly string[], size: ScreenSize) => void = () => undefined,
) {
  for (const size of at) {
    const lines = await shown.at(size);
    const where = `${size.columns} x ${size.rows}:\n${lines.join('\n')}`;
    if (lines.length > Math.max(1, size.rows - 1)) throw new Error(`too many lines at ${where}`);
    const wide = lines.find((line) => stringWidth(line) > size.columns);
    if (wide !== undefined) throw new Error(`too wide at ${where}`);
    for (const overlay of shown.overlays) {
      const { row, column } = overlay;
      const [height, width] =
        'bitmap' in overlay
          ? [overlay.bitmap.rows, overlay.bitmap.columns]
          : [overlay.lines.length, Math.max(0, ...overlay.lines.map((line) => stringWidth(line)))];
      if (row + height > size.rows - 1 || column + width > size.columns)
        throw new Error(`overlay at ${where}`);
      for (let i = row; i < row + height; i += 1) {
        const covered = stripVTControlCharacters(lines[i] ?? '').slice(column, column + width);
        if (covered.trim() !== '') throw new Error(`something lies below an overlay at ${where}`);
      }
    }
    const count = (what: string) => lines.join('').split(what).length - 1;
    if (count('╭') !== count('╰')) throw new Error(`a part without its end at ${where}`);
    more(lines, size);
  }
}

const fits = ({ columns, rows }: ScreenSize) => columns >= 30 && rows >= 10;

/** A run that over-fits, and another to compare with. */
const validated = [
  startedEvent({ images: 100, epochs: 40, validationImages: 10 }),
  ...Array.from({ length: 8 }, (_, epoch) => [
    stepEvent(epoch + 1, { epoch, loss: 500 - epoch, imagesSeen: 10 * (epoch + 1) }),
    epochEvent(epoch, { reconstructionLoss: 400 - epoch }),
    validationEvent(epoch, {
      imagesSeen: 10 * (epoch + 1),
      negativeElbo: 480 + epoch,
      bitsPerDimension: 3 + epoch / 10,
      bestModel: { path: 'b', bitsPerDimension: 3, epoch: 0 },
    }),
  ]).flat(),
].reduce((before, event: TrainEvent) => withEvent(before, { ...event, time: 1e12 }), newRun);
const comparing = { ...props, view: validated, compare: { name: nasty, view } };

describe('a frame of the dashboard, from 1x1 to 300x100', () => {
  test('should fit, and have the keys', async () => {
    frames = framesOf(<Dashboard {...props} />);
    await check(frames, edges, (lines, size) => {
      if (!fits(size)) return;
      expect(lines[0]).toMatch(/^ rx-nvae demo /);
      expect(lines.join('\n')).toMatch(/^ q quit/m);
    });
  });

  test('should say something of the run also where there is no room for a part of it', async () => {
    frames = framesOf(<Dashboard {...props} />);
    expect((await frames.at({ columns: 4, rows: 24 })).join('\n')).toMatch(/epo…\n15 %/);
    expect((await frames.at({ columns: 25, rows: 9 })).join('\n')).toMatch(
      /epoch 1\/4 {2}15 %(.|\n)*too small/,
    );
    expect(await frames.at({ columns: 1, rows: 1 })).toHaveLength(1);
  });

  test.each([
    ['a notice of a line', 0],
    [nasty, 1],
  ])('should fit with the notice %j, and show it', async (message, state) => {
    frames = framesOf(<Dashboard {...props} message={message} />);
    await check(frames, some(state), (lines, size) => {
      if (!fits(size)) return;
      expect(lines.join('\n')).toContain(
        message.startsWith('line') ? ' line break tab' : ' a notice of a line',
      );
      expect(lines.join('\n')).toMatch(/^ q quit/m);
      expect(lines.join('').split('╭').length).toBeGreaterThan(1);
    });
  });

  test('should fit with the question of how to end, and have all of it', async () => {
    frames = framesOf(<Dashboard {...props} />);
    await frames.press('q');
    await check(frames, some(2), (lines, size) => {
      const screen = lines.join('\n');
      if (fits(size))
        for (const answer of ['[s] save and quit', '[k] quit without saving', '[esc] cancel'])
          expect(screen).toContain(answer);
      if (size.columns >= 4 && size.rows > 3) expect(screen).toContain('[s]');
    });
  });

  test.each([...'12345678?'])('should fit with %s pressed', async (key) => {
    frames = framesOf(<Dashboard {...props} message="something is to be said meanwhile" />);
    await frames.press(key);
    await check(frames, some(key.charCodeAt(0)));
  });

  test.each([
    ['all', ''],
    ['1', '1'],
    ['3', '3'],
  ])('should fit with validations and another run, and %s of it', async (_, keys) => {
    frames = framesOf(<Dashboard {...comparing} />);
    await frames.press(...keys);
    await check(frames, [...some(Number(keys)), ...grid([60, 90], [20, 26])], (lines, size) => {
      const shown = frames!.overlays.flatMap((each) => ('lines' in each ? each.lines : [])).join('');
      if (fits(size) && keys === '' && size.columns >= 60 && size.rows >= 20) {
        expect(lines.join('\n')).toMatch(/o validation 3\.700 bits\/dim/);
        expect(lines.join('\n')).toContain('! over-fitting');
        expect(shown).toContain('o');
      }
    });
  });

  test('should say on a terminal that is too small for parts that the model over-fits', async () => {
    frames = framesOf(<Dashboard {...comparing} />);
    const lines = await frames.at({ columns: 28, rows: 9 });
    expect(lines.join('\n')).toMatch(/! over-fitting(.|\n)*validation 3\.700 bits\/dim/);
  });

  test('should fit whatever a run is called, whatever fails, and before anything is known', async () => {
    const { ended: _, ...rest } = view;
    const failed = {
      ...rest,
      status: 'failed' as const,
      ended: { type: 'failed' as const, error: 'E', message: nasty, time: 1e12 },
    };
    for (const [state, each] of [
      <Dashboard key="a" {...props} name={nasty} view={failed} message={`failed: ${nasty}`} />,
      <Dashboard key="b" {...props} view={newRun} />,
      <Dashboard key="c" {...props} view={{ ...view, status: 'crashed' }} controls={false} colour={false} />,
    ].entries()) {
      frames?.end();
      frames = framesOf(each);
      await check(frames, some(3 + state));
    }
  });
});
