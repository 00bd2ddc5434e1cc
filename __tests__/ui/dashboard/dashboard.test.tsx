import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { NEVER, Subject } from 'rxjs';
import { writeImage } from '../../../src/pictures/writeImage.js';
import type { JournalEntry } from '../../../src/streams/journal/entry.js';
import type { TrainEvent } from '../../../src/streams/run/events.js';
import { readPicture } from '../../../src/ui/dashboard/picture.js';
import { newRun } from '../../../src/ui/dashboard/runView.js';
import { type DashboardOptions, showDashboard } from '../../../src/ui/dashboard/showDashboard.js';
import { isBitmap } from '../../../src/ui/pictures/bitmap.js';
import { trueColourBlocks } from '../../../src/ui/pictures/pictureSupport.js';
import { terminalHints } from '../../../src/ui/pictures/terminalHints.js';
import { ScreenError } from '../../../src/ui/screenError.js';
import { startedEvent, stepEvent } from '../../support/events.js';
import { eventually } from '../../support/eventually.js';
import { createTestTerminal, type TestTerminal } from '../../support/terminal.js';

const position = { epoch: 0, batchInEpoch: 1, step: 40, imagesSeen: 400 };
const finished: TrainEvent = { type: 'finished', ...position, model: 'final.model', seconds: 1 };
const stopped: TrainEvent = { type: 'stopped', ...position, reason: 'stop', checkpoint: 'c', seconds: 1 };

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nvae-dashboard-'));
  const pixels = new Uint8Array(16 * 8 * 3).fill(200);
  await writeImage(join(folder, 'picture.png'), { pixels, shape: [1, 8, 16, 3] });
});
afterAll(() => rm(folder, { recursive: true }));

/** Intervals pass by hand: the looks at the events, one a second, and the countdown. Ink and pictures take their own time. */
const pass = (seconds: number) => jest.advanceTimersByTime(1000 * seconds);
beforeEach(() => {
  jest.useFakeTimers({
    doNotFake: [
      ...(['Date', 'hrtime', 'nextTick', 'performance', 'queueMicrotask'] as const),
      ...(['setImmediate', 'clearImmediate', 'setTimeout', 'clearTimeout'] as const),
    ],
  });
});
afterEach(() => {
  jest.useRealTimers();
});

interface Shown {
  readonly terminal: TestTerminal;
  readonly requests: string[];
  readonly ended: ReturnType<typeof showDashboard>;
  tell(...events: readonly TrainEvent[]): void;
  readonly events$: Subject<JournalEntry>;
  /** Waits until the screen shows all of these, after a look at the events, and gives what it shows. */
  shows(...wanted: readonly (string | RegExp)[]): Promise<string>;
}

function open(options: Partial<DashboardOptions> = {}, columns = 110, rows = 32): Shown {
  const terminal = createTestTerminal(columns, rows);
  const events$ = new Subject<JournalEntry>();
  const requests: string[] = [];
  const ended = showDashboard({
    name: 'demo',
    events$,
    onRequest: (request) => requests.push(request),
    ...terminal,
    ...options,
  });
  let time = Date.now() - 60_000;
  const tell = (...events: readonly TrainEvent[]) => {
    for (const event of events) {
      time += 500;
      events$.next({ ...event, time });
    }
  };
  const shows = (...wanted: readonly (string | RegExp)[]) => {
    pass(1);
    return terminal.shows(...wanted);
  };
  return { terminal, requests, ended, tell, events$, shows };
}

/** The same, when it listens to the events. */
async function show(...given: Parameters<typeof open>): Promise<Shown> {
  const shown = open(...given);
  await eventually(() => expect(shown.events$.observed).toBe(true));
  return shown;
}

/** A run in its middle. */
function steps(count: number): TrainEvent[] {
  const run = startedEvent({ images: 1000, epochs: 4, batchSize: 10 });
  const step = (i: number) =>
    stepEvent(i, {
      loss: 5000 - i,
      klPerGroup: [120, 0.001],
      imagesSeen: 10 * i,
      imagesTaken: 10 * i,
      batchSize: 10,
      seconds: 0.5,
      residentBytes: 1.1e9,
    });
  return [run, ...Array.from({ length: count }, (_, i) => step(i + 1))];
}

const leave = async ({ terminal, ended, events$ }: Shown) => {
  events$.error(new Error('enough'));
  await expect(ended).rejects.toThrow('enough');
  expect(await terminal.alternate()).toBe(false);
};

describe('showDashboard', () => {
  test.each([
    [60, 20],
    [80, 24],
    [110, 32],
    [160, 50],
    [250, 70],
  ])('should show the run at %s x %s, and every key', async (columns, rows) => {
    const shown = await show({}, columns, rows);
    shown.tell(...steps(40));
    const screen = await shown.shows(/rx-nvae demo/, /epoch .*40 %/, /1 loss 4,9/);
    for (const key of ['q quit', 'p pause', 'c checkpoint', 's sample', 'r recon', '1-8', '? help']) {
      expect(screen).toContain(key);
    }
    for (const line of screen.split('\n')) expect(line.length).toBeLessThanOrEqual(columns);
    if (columns >= 110) {
      expect(screen).toMatch(/2x2 g0 +█+ 120/);
      expect(screen).toMatch(/4x4 g1 .*collapsed\?/);
      expect(screen).toMatch(/memory +1\.1 GB/);
      expect(screen).toMatch(/20\.0 images\/s/);
    }
    await leave(shown);
  });

  test('should have every fact within reach of a visible key at 80 x 24', async () => {
    const shown = await show({}, 80, 24);
    const [started, ...rest] = steps(40);
    const saved: TrainEvent = {
      type: 'checkpoint',
      ...position,
      path: 'saved/demo.checkpoint',
      seconds: 0.1,
    };
    shown.tell(started!, ...rest, saved, { type: 'warning', about: 'dataset', message: 'a.png is damaged' });
    await shown.shows(
      /step 40 {2}batch 40\/100/,
      /←→ metric.*↑↓ range.*1-8 enlarge.*tab next.*l log.*\? help/s,
    );
    const facts: Record<string, RegExp[]> = {
      '2': [/2x2 g0 {2}█+ 120/, /4x4 g1 !▏.*collapsed\?/],
      '3': [/KL .*weight 1\.00, 1 at epoch/, /bits per dimension/],
      '4': [/4 reconstructions .*(.|\n)*first pictures after epoch 2, in about/],
      '5': [/5 samples .*(.|\n)*first pictures after epoch 2, in about(.|\n)*press s to write some now/],
      '6': [
        /20\.0 images\/s · data wait 0 %/,
        /memory +1\.1 GB/,
        /checkpoint +.* ago · step 40/,
        /demo\.checkpoint/,
      ],
      '7': [/warning: a\.png is damaged/],
      '8': [
        /progress +epoch 1\/4 · batch 40\/100 · step 40/,
        /time +\d:\d\d so far · 20\.0 images\/s · 3 min left/,
        /model +1,000 parameters/,
        /latents +2 scales: 1 group at 2x2, 1 at 4x4, 2 channels each/,
        /towers +4 channels · cells per group 1 encoding, \d decoding · no flow/,
        /8x8 · \w+/,
        /1,000 images in batches of 10/,
        /engine +native · AVX-512 · 2 threads/,
      ],
    };
    for (const [key, patterns] of Object.entries(facts)) {
      shown.terminal.press(key);
      await shown.terminal.shows(...patterns);
    }
    await leave(shown);
  });

  test('should follow the terminal when its size changes, without a trace of the old frame', async () => {
    const shown = await show({}, 160, 50);
    shown.tell(...steps(40));
    await shown.shows('1 loss 4,9');
    shown.terminal.resize(60, 20);
    const fresh = await show({}, 60, 20);
    fresh.tell(...steps(40));
    await fresh.shows('1 loss 4,9');
    const withoutTimes = async ({ terminal }: Shown) =>
      (await terminal.screen()).map((line) => line.replaceAll(/\d+:\d\d\b| +$/g, ''));
    await eventually(async () => expect(await withoutTimes(shown)).toEqual(await withoutTimes(fresh)));
    await leave(shown);
    await leave(fresh);
  });

  test('should answer a key at once, also when the run tells nothing', async () => {
    const shown = await show();
    shown.tell(...steps(3));
    await shown.shows('1 loss');
    shown.terminal.press('p');
    await shown.terminal.shows('will pause after this step');
    shown.terminal.press('2');
    await shown.terminal.shows(/^(?!.*1 loss)/s);
    expect(shown.requests).toEqual(['pause']);
    await leave(shown);
  });

  test('should write nothing where nothing has changed but the clock', async () => {
    const shown = await show();
    shown.tell(...steps(30));
    await shown.shows('1 loss 4,9');
    shown.terminal.written();
    const later = jest.spyOn(Date, 'now').mockReturnValue(Date.now() + 5000);
    pass(1);
    const lines = await eventually(() => {
      const parts = shown.terminal.written().split('\u001b[');
      expect(parts.length).toBeGreaterThan(1);
      return parts.filter((part) => /^\d+;1H/.test(part));
    });
    later.mockRestore();
    expect(lines.length).toBeGreaterThan(0);
    expect(lines.length).toBeLessThanOrEqual(4);
    await leave(shown);
  });

  test('should ask before it ends the run, and leave when the run has stopped', async () => {
    const shown = await show();
    shown.tell(...steps(3));
    await shown.shows('1 loss');
    shown.terminal.press('q');
    await shown.terminal.shows('[s] save and quit  [k] quit without saving  [esc] cancel');
    shown.terminal.press('s');
    await shown.terminal.shows('STOPPING');
    expect(shown.requests).toEqual(['stop']);
    shown.tell(stopped);
    shown.events$.complete();
    expect((await shown.ended).ended).toMatchObject({ type: 'stopped' });
  });

  test('should stay when the run has finished, until a key or for a while', async () => {
    const shown = await show({ patience: 3 });
    shown.tell(...steps(3), finished);
    shown.events$.complete();
    pass(1);
    await shown.terminal.shows(/FINISHED(.|\n)*final\.model · press q to close \(closes by itself in 3 s\)/);
    await eventually(() => expect(jest.getTimerCount()).toBe(1)); // the countdown
    pass(2);
    await shown.terminal.shows('closes by itself in 1 s');
    pass(1);
    expect((await shown.ended).status).toBe('finished');
    const stays = await show({ patience: 3 });
    stays.tell(...steps(3), finished);
    stays.events$.complete();
    pass(1);
    await stays.terminal.shows('closes by itself in 3 s');
    stays.terminal.press('2');
    await stays.terminal.shows(/press q to close *$/m);
    await eventually(() => expect(jest.getTimerCount()).toBe(0));
    pass(10);
    await stays.terminal.shows(/press q to close *$/m);
    expect(await stays.terminal.alternate()).toBe(true);
    stays.terminal.press('q');
    await stays.ended;
  });

  test('should only watch where it has nobody to ask, and say when the process is gone', async () => {
    const gone$ = new Subject<void>();
    const terminal = createTestTerminal();
    const ended = showDashboard({ name: 'demo', events$: NEVER, gone$, ...terminal });
    await eventually(() => expect(gone$.observed).toBe(true));
    gone$.next();
    const screen = await terminal.shows('PROCESS GONE', 'q close');
    expect(screen).not.toContain('p pause');
    terminal.press('q');
    await ended;
  });

  test('should show a second run below, listen to it once, and say when it cannot be read', async () => {
    const other$ = new Subject<JournalEntry>();
    const shown = await show({ compare: { name: 'other', events$: other$ } });
    await eventually(() => expect(other$.observed).toBe(true));
    shown.tell(...steps(40));
    for (const event of steps(60)) other$.next({ ...event, time: Date.now() });
    await shown.shows(/━ demo {2}╌ other 4,970 here/);
    other$.error(new Error('no permission'));
    await shown.shows(/^ other: no permission/m);
    shown.tell(...steps(2));
    await leave(shown);
    expect(other$.observed).toBe(false);
  });

  test('should stop listening to the second run when it closes', async () => {
    const other$ = new Subject<JournalEntry>();
    const shown = await show({ compare: { name: 'other', events$: other$ } });
    await eventually(() => expect(other$.observed).toBe(true));
    await leave(shown);
    expect(other$.observed).toBe(false);
  });

  test('should say why the run has failed', async () => {
    const shown = await show({ onRequest: undefined });
    shown.tell(...steps(3));
    shown.events$.next({ type: 'failed', error: 'Error', message: 'no space left', time: Date.now() });
    await shown.shows(/ FAILED (.|\n)*^ failed: no space left/m);
    shown.terminal.press('q');
    expect((await shown.ended).status).toBe('failed');
  });

  test('should end with an error of the screen, and not of the run, where it cannot be drawn or a key throws', async () => {
    const error = jest.spyOn(console, 'error').mockImplementation(() => undefined);
    const poisoned = { ...newRun, log: undefined as unknown as [] };
    const undrawable = open({ before: poisoned });
    await expect(undrawable.ended).rejects.toBeInstanceOf(ScreenError);
    expect([await undrawable.terminal.alternate(), undrawable.terminal.raw]).toEqual([false, false]);
    expect(undrawable.events$.observed).toBe(false);
    error.mockRestore();
    const refused = await show({
      onRequest() {
        throw new Error('no run');
      },
    });
    const outcome = expect(refused.ended).rejects.toThrow('no run');
    refused.terminal.press('c');
    await outcome;
    await expect(refused.ended).rejects.toBeInstanceOf(ScreenError);
    expect(refused.terminal.raw).toBe(false);
  });

  test('should pass over events that it does not know, or that lack something', async () => {
    const shown = await show();
    const odd = [
      { type: 'telepathy', of: 'a newer version' },
      { type: 'started' },
      { type: 'step', step: 3 },
      { ...steps(1)[0], latentShapes: null },
      { type: 'preview', kind: 'film', path: 'x', step: 1 },
      { type: 'warning' },
      { type: 'failed', message: 7 },
      { type: '__proto__' },
    ] as unknown as TrainEvent[];
    shown.tell(...odd, ...steps(4), ...odd);
    await shown.shows(/1 loss 4,99/, /problems +none/);
    await leave(shown);
  });

  test('should show pictures with colours, and where they are without', async () => {
    const path = join(folder, 'picture.png');
    const preview: TrainEvent = { type: 'preview', kind: 'reconstruction', path, step: 1, imagesSeen: 10 };
    const shown = await show();
    shown.tell(...steps(2), preview);
    await shown.shows('▀▀▀▀');
    await leave(shown);
    const plain = await show({ colour: false });
    plain.tell(...steps(2), preview);
    expect(await plain.shows('picture.png')).not.toContain('▀');
    await leave(plain);
  });

  test('should say what is wrong with a picture that cannot be read', async () => {
    const preview: TrainEvent = {
      type: 'preview',
      kind: 'samples',
      path: 'none.png',
      step: 1,
      imagesSeen: 10,
    };
    const shown = await show();
    shown.tell(...steps(2), preview);
    await shown.shows(/none\.png: .*missing/i);
    await leave(shown);
  });
});

describe('showDashboard on a terminal with kitty graphics', () => {
  test('should send a picture once, while all around it changes, and take it away for the help', async () => {
    const path = join(folder, 'picture.png');
    const preview = { type: 'preview', path, step: 1, imagesSeen: 10 } as const;
    const shown = await show({ pictures: terminalHints({ TERM: 'xterm-kitty' }) });
    shown.terminal.press('\u001b_Gi=31;OK\u001b\\\u001b[6;20;10t\u001b[?62c');
    shown.tell(...steps(3), { ...preview, kind: 'reconstruction' }, { ...preview, kind: 'samples' });
    await shown.shows('1 loss');
    const drawings = () => [...shown.terminal.written().matchAll(/_Ga=([Td])/g)].map(([, what]) => what);
    const drawn = async (...expected: string[]) => {
      const all: (string | undefined)[] = [];
      await eventually(() => expect(all.push(...drawings())).toBeGreaterThanOrEqual(expected.length));
      expect(all).toEqual(expected);
    };
    await drawn('T', 'T');
    shown.tell(...steps(30).slice(3));
    await shown.shows('step 30');
    expect(drawings()).toEqual([]);
    shown.terminal.press('?');
    await drawn('d', 'd');
    shown.terminal.press('x');
    await drawn('T', 'T');
    await leave(shown);
    expect(drawings()).toEqual(['d', 'd']);
  });

  test('should name pictures where there shall be none', async () => {
    const preview = { type: 'preview', kind: 'samples', path: 'named.png', step: 1, imagesSeen: 10 } as const;
    const shown = await show({ pictures: terminalHints({ TERM: 'xterm-kitty', NVAE_PICTURES: 'none' }) });
    shown.tell(...steps(2), preview);
    await shown.shows('│named.png ');
    await leave(shown);
  });
});

describe('readPicture', () => {
  test('should use the space, arranged anew, and keep the shape of images', async () => {
    const path = join(folder, 'picture.png'); // two images of 8 x 8, side by side
    const blocks = async (columns: number) => {
      const lines = await readPicture(path, { columns, rows: 8, tile: 8 }, trueColourBlocks);
      return isBitmap(lines) ? null : [lines.length, lines[0]?.match(/▀/g)?.length];
    };
    expect(await blocks(40)).toEqual([8, 32]);
    expect(await blocks(16)).toEqual([8, 8]); // one below the other
  });

  test('should count in the pixels of the cells where the terminal shows pixels', async () => {
    const path = join(folder, 'picture.png');
    const support = { ...trueColourBlocks, kind: 'kitty', cell: { width: 10, height: 20 } } as const;
    const wide = await readPicture(path, { columns: 40, rows: 8, tile: 8 }, support);
    expect(wide).toMatchObject({ columns: 32, rows: 8 });
    const narrow = await readPicture(path, { columns: 16, rows: 8, tile: 8 }, support);
    expect(narrow).toMatchObject({ columns: 8, rows: 8 });
  });
});
