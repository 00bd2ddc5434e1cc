import { appendFile, readFile, truncate, writeFile } from 'node:fs/promises';
import { describe, expect, jest, test } from '@jest/globals';
import fc from 'fast-check';
import { map, of, take, throwError, timer } from 'rxjs';
import { fromLine, type Journaled, toLine } from '../../../src/streams/journal/entry.js';
import { keepJournal } from '../../../src/streams/journal/keepJournal.js';
import { readJournal } from '../../../src/streams/journal/readJournal.js';
import { type WriteJournalOptions, writeJournal } from '../../../src/streams/journal/writeJournal.js';
import { type TrainEvent, warning } from '../../../src/streams/run/events.js';
import { collect } from '../../support/collect.js';
import { startedEvent, stepEvent } from '../../support/events.js';
import { marbles } from '../../support/marbles.js';
import { useTemporaryFolder } from '../../support/temporaryFolder.js';

const inFolder = useTemporaryFolder();
const values: Record<string, TrainEvent> = {
  s: startedEvent(),
  a: stepEvent(1),
  b: stepEvent(2),
  c: stepEvent(3),
  n: stepEvent(4, { applied: false, nonFinite: 'KL' }),
  w: { type: 'warning', about: 'dataset', message: 'x' },
};
const failed: Journaled = { type: 'failed', error: 'RangeError', message: 'no space' };
const known: Record<string, Journaled> = { ...values, f: failed };
const path = 'runs/events.jsonl';

/** Names of the events of the lines that are written, with the frames at which that begins. */
function recording(scheduler: { now(): number }, lines: string[], milliseconds = 0) {
  return jest.fn((line: string) => {
    const entry = fromLine(line.trim());
    const name = Object.keys(known).find((key) => {
      const { time, ...event } = entry ?? { time: 0 };
      return JSON.stringify(event) === JSON.stringify(known[key]);
    });
    lines.push(`${scheduler.now()}${name}`);
    return milliseconds > 0 ? timer(milliseconds) : of(0);
  });
}

function written(
  given: string,
  expected: string,
  options: Partial<WriteJournalOptions> = {},
  slow = 0,
): string[] {
  const lines: string[] = [];
  marbles(({ cold, expectObservable }, scheduler) => {
    const append = recording(scheduler, lines, slow);
    const warnings$ = cold(given, values).pipe(
      writeJournal({ path, append, scheduler, interval: 5, ...options }),
    );
    expectObservable(warnings$.pipe(map((event) => event.message))).toBe(expected, {
      L: `${path}: dropped 1 event: writing is too slow`,
    });
  });
  return lines;
}

describe('writeJournal', () => {
  test.each([
    ['never', '-----', '-----'],
    ['empty', '--|', '--|'],
    ['error', '--#', '--#'],
  ])('should cope with %s, and write nothing', (_, given, expected) => {
    expect(written(given, expected)).toEqual([]);
  });

  test('should write every event with its time, but steps that come too fast', () => {
    expect(written('s-abcw-b|', '--------|')).toEqual(['0s', '2a', '5w', '7b']);
  });

  test('should write a step that was not applied, however fast it comes', () => {
    expect(written('anb|', '---|')).toEqual(['0a', '1n']);
  });

  test('should leave out the oldest where the disk is too slow, and say so', () => {
    expect(written('(sww)|', '----L---(|)', { waiting: 1 }, 4)).toEqual(['0s', '4w']);
  });

  test('should pass an error of the file', () => {
    marbles(({ cold, expectObservable }, scheduler) => {
      const append = () => throwError(() => new Error('full'));
      const warnings$ = cold('--s--|', values).pipe(writeJournal({ path, append, scheduler }));
      expectObservable(warnings$).toBe('--#', undefined, new Error('full'));
    });
  });

  test('should refuse an interval and a number of lines that mean nothing', () => {
    expect(() => writeJournal({ path, interval: -1 })).toThrow(
      'writeJournal: interval must be a number of at least 0, got -1',
    );
    expect(() =>
      of<TrainEvent>()
        .pipe(writeJournal({ path, waiting: 0 }))
        .subscribe(),
    ).toThrow;
  });
});

describe('keepJournal', () => {
  function kept(given: string, expected: string, error: unknown = 'error', subscribed?: string): string[] {
    const lines: string[] = [];
    marbles(({ cold, expectObservable, expectSubscriptions }, scheduler) => {
      const append = recording(scheduler, lines, 2);
      const events = cold(given, values, error);
      const kept$ = events.pipe(keepJournal({ path, append, scheduler, interval: 0 }));
      expectObservable(kept$, subscribed).toBe(expected, values, error);
      if (subscribed) expectSubscriptions(events.subscriptions).toBe(subscribed);
    });
    return lines;
  }

  test('should pass the events on and write them, with the end when all is written', () => {
    expect(kept('s---a-b-|', 's---a-b-|')).toEqual(['0s', '4a', '6b']);
    expect(kept('s---(a|)', 's---a-|')).toEqual(['0s', '4a']);
  });

  test('should write an error as the last entry, and pass it when that is done', () => {
    const error = new RangeError('no space');
    expect(kept('s---a---#', 's---a-----#', error)).toEqual(['0s', '4a', '8f']);
    expect(kept('#', '--#', error)).toEqual(['0f']);
  });

  test('should write nothing for an unsubscribe, and let every subscription keep its own', () => {
    expect(kept('s---a---#', 's---a-', new Error(), '^----!')).toEqual(['0s', '4a']);
    const kept$ = of(values.s!).pipe(keepJournal({ path: inFolder('x', 'events.jsonl') }));
    return expect(Promise.all([collect(kept$), collect(kept$)])).resolves.toEqual([[values.s], [values.s]]);
  });

  test('should pass the error of the run also where the journal has failed before', () => {
    marbles(({ cold, expectObservable }, scheduler) => {
      const append = () => throwError(() => new Error('full'));
      const kept$ = cold('s---#', values).pipe(keepJournal({ path, append, scheduler }));
      expectObservable(kept$).toBe('(sw)#', { ...values, w: warning('journal', 'journal: full') });
    });
  });
});

describe('readJournal', () => {
  test('should give back what was written, and pass over what a crash has cut off', async () => {
    const file = inFolder('new', 'events.jsonl');
    await collect(of(values.s!, values.a!, values.w!).pipe(writeJournal({ path: file })));
    await appendFile(file, '{"time":1,"type":"st');
    await collect(of(values.s!, values.b!).pipe(writeJournal({ path: file })));
    const entries = await collect(readJournal(file));
    expect(entries.map(({ time, ...event }) => event)).toEqual([
      values.s,
      values.a,
      values.w,
      values.s,
      values.b,
    ]);
    expect(entries.every(({ time }) => Math.abs(time - Date.now()) < 60_000)).toBe(true);
  });

  test.each([
    ['whole', '{"time":1,"type":"stopped"}\n', 0],
    ['cut off', '{"time":1,"ty', 1],
    ['cut off within a letter', Buffer.from('{"time":1,"type":"ä').subarray(0, 19), 1],
    ['zeros, as a power cut leaves them', '\0\0\0\0', 1],
    ['nothing', '', 0],
  ])(
    'should write no blank line, and spoil no line, behind a last one that is %s',
    async (_, before, spoiled) => {
      const file = inFolder('events.jsonl');
      await writeFile(file, before);
      for (const event of [values.s!, values.a!]) await collect(of(event).pipe(writeJournal({ path: file })));
      const lines = (await readFile(file, 'utf8')).split('\n');
      expect(lines.pop()).toBe('');
      expect(lines).not.toContain('');
      expect(lines.filter((line) => fromLine(line) === null)).toHaveLength(spoiled);
      const types = (await collect(readJournal(file))).map(({ type }) => type);
      expect(types.slice(-2)).toEqual(['started', 'step']);
    },
  );

  test('should be empty where there is no file, and pass other errors', async () => {
    expect(await collect(readJournal(inFolder('none')))).toEqual([]);
    await writeFile(inFolder('file'), '');
    await expect(collect(readJournal(inFolder('file', 'under')))).rejects.toThrow('ENOTDIR');
    await expect(collect(readJournal(inFolder()))).rejects.toThrow(
      `${inFolder()}: is a folder, not a journal`,
    );
  });

  test('should go on with what is written later, also where a line comes in two halves', async () => {
    const file = inFolder('events.jsonl');
    const line = toLine({ type: 'warning', about: 'x', message: 'ä ▀' }, 5);
    const bytes = Buffer.from(line);
    const cut = bytes.indexOf('ä') + 1;
    const first$ = collect(readJournal(file, { follow: true, interval: 5 }).pipe(take(2)));
    await appendFile(file, line);
    await appendFile(file, bytes.subarray(0, cut));
    await new Promise((resolve) => setTimeout(resolve, 50));
    await appendFile(file, bytes.subarray(cut));
    expect((await first$).map((entry) => entry.type === 'warning' && entry.message)).toEqual(['ä ▀', 'ä ▀']);
  });

  test('should begin again where the file is a new one', async () => {
    const file = inFolder('events.jsonl');
    await writeFile(file, toLine(values.a!, 1).repeat(3));
    const entries$ = collect(readJournal(file, { follow: true, interval: 5 }).pipe(take(4)));
    await new Promise((resolve) => setTimeout(resolve, 50));
    await truncate(file);
    await new Promise((resolve) => setTimeout(resolve, 50));
    await appendFile(file, toLine(values.w!, 2));
    expect((await entries$).map(({ type }) => type)).toEqual(['step', 'step', 'step', 'warning']);
  });

  test('should read files of more than one burst', async () => {
    const file = inFolder('events.jsonl');
    const line = toLine({ type: 'warning', about: 'x', message: 'ä'.repeat(1000) }, 5);
    await writeFile(file, line.repeat(1500));
    expect(await collect(readJournal(file))).toHaveLength(1500);
  });
});

describe('a line of the journal', () => {
  test('should come back as it was, and any other text should be none', () => {
    fc.assert(
      fc.property(fc.string(), fc.nat(), (message, time) => {
        const event = { type: 'warning', about: 'x', message } as const;
        expect(fromLine(toLine(event, time).trim())).toEqual({ time, ...event });
      }),
    );
    fc.assert(fc.property(fc.string(), (text) => expect(fromLine(text)).toBeNull()));
    expect(fromLine('{"time":1}')).toBeNull();
    expect(fromLine('{"type":"step"}')).toBeNull();
  });
});
