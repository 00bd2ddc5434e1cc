import { describe, expect, jest, test } from '@jest/globals';
import { firstValueFrom, lastValueFrom, Subject, tap } from 'rxjs';
import type { TrainEvent } from '../../../../src/streams/run/events.js';
import { afterLogs } from '../../../../src/streams/run/lifecycle/afterLogs.js';
import type { LogName } from '../../../../src/streams/run/writer/runWriter.js';
import type { WriterThread } from '../../../../src/streams/run/writer/writerThread.js';
import { smallConfig } from '../../../support/checkpoints.js';
import { pause } from '../../../support/collect.js';
import { stepEvent } from '../../../support/events.js';
import { marbles } from '../../../support/marbles.js';
import { writePictures } from '../../../support/pictures.js';
import { useTemporaryFolder } from '../../../support/temporaryFolder.js';
import { readRecords } from '../../../support/tensorBoard.js';

const position = { step: 1, epoch: 0, batchInEpoch: 0, imagesSeen: 1 };
const events: Record<string, TrainEvent> = {
  t: stepEvent(1),
  p: { type: 'preview', kind: 'samples', path: 'p.png', step: 1, imagesSeen: 1 },
  c: { type: 'checkpoint', path: 'c', seconds: 0, ...position },
  s: { type: 'stopped', reason: 'stop', checkpoint: 'c', seconds: 0, ...position },
  f: { type: 'finished', model: 'm', seconds: 0, ...position },
};

describe('afterLogs', () => {
  test.each([
    ['never', '      -----', '-----------------'],
    ['empty', '      --|', '--|'],
    ['no promise', '  tp-(tp)-t|', 'tp-(tp)-t|'],
    ['one', '        -c-|', '----(c|)'],
    ['the end', '    t-(s|)', 't----(s|)'],
    ['finished', '   t-(f|)', 't----(f|)'],
    ['what comes meanwhile', 'pct-t----t|', 'p---(ctt)t|'],
    ['two', '        pcc-----|', 'p---c--c|'],
    ['error', '      c-#', '---(c#)'],
    ['endless', '    ptptp', 'ptptp'],
  ])('should hold a promise until the logs are written, and all behind it: %s', (_, given, expected) => {
    marbles(({ cold, expectObservable }) => {
      const logs = cold('---|');
      const source = cold(given.trim(), events);
      expectObservable(source.pipe(afterLogs(() => logs))).toBe(expected, events);
    });
  });

  test('should ask when the promise comes, pass on an error of the logs, and let go of both', () => {
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const logs = cold('    ----|   ');
      const source = cold('  --c------', events);
      const expected = '     -------';
      const unsubscribed = ' ----!';
      expectObservable(source.pipe(afterLogs(() => logs)), unsubscribed).toBe(expected, events);
      expectSubscriptions(source.subscriptions).toBe('^---!');
      expectSubscriptions(logs.subscriptions).toBe('  --^-!');
      const failing = cold('c', events).pipe(afterLogs(() => cold('-#')));
      expectObservable(failing).toBe('-#');
    });
  });
});

describe('a run whose logs are slow', () => {
  const inFolder = useTemporaryFolder();
  /** Handed to the writer, and what is on disk of that. */
  const given: { readonly log: LogName; readonly bytes: Buffer }[] = [];
  let onDisk: typeof given = [];
  const previewed = new Subject<void>();
  const flush = async () => {
    const asked = [...given];
    await pause(5);
    onDisk = asked;
  };
  const writer = (): WriterThread => ({
    append: async (log, bytes) => {
      given.push({ log, bytes: Buffer.from(bytes) });
      if (log === 'journal' && String(bytes).includes('"preview"')) previewed.next();
    },
    /** While it writes a checkpoint, pictures are told. */
    save: async () => {
      const told = firstValueFrom(previewed);
      await flush();
      await told;
    },
    ready: flush,
    flush,
    close: async () => undefined,
    lost$: new Subject<never>(),
  });

  test('should tell of a checkpoint when all that was told before it is on disk', async () => {
    const mocked = { startWriterThread: writer };
    jest.unstable_mockModule('../../../../src/streams/run/writer/writerThread.js', () => mocked);
    const { train } = await import('../../../../src/streams/run/train.js');
    const { useEngine } = await import('../../../../src/engine/index.js');
    await useEngine('native').catch(() => useEngine('cpu'));
    await writePictures(inFolder('dataset'), 4);
    const options = {
      dataset: inFolder('dataset'),
      weightsFolder: inFolder('weights'),
      picturesFolder: inFolder('images'),
      runsFolder: inFolder('runs'),
      cache: { folder: inFolder('cache') },
      previews: { samples: 1, iterations: 1 },
    };
    const told: TrainEvent[] = [];
    const missing: string[] = [];
    const inLogs = (event: TrainEvent) => {
      if (event.type === 'step') {
        const records = onDisk.flatMap(({ log, bytes }) => (log === 'tensorboard' ? readRecords(bytes) : []));
        return records.some(({ step, summary }) => summary && step === event.imagesSeen);
      }
      const text = JSON.stringify(event).slice(1);
      return onDisk.some(({ log, bytes }) => log === 'journal' && String(bytes).includes(text));
    };
    const look = (event: TrainEvent) => {
      if (event.type === 'checkpoint' || event.type === 'finished')
        missing.push(...told.filter((one) => !inLogs(one)).map(({ type }) => `${type} at ${event.type}`));
      told.push(event);
    };
    await lastValueFrom(train(smallConfig(['epochs=2', 'epochs_per_checkpoint=1']), options).pipe(tap(look)));
    const types = told.map(({ type }) => type);
    expect(types).toEqual(expect.arrayContaining(['step', 'preview', 'checkpoint', 'finished']));
    expect(missing).toEqual([]);
  });
});
