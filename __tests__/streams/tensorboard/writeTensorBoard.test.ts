import { readdir, readFile, writeFile } from 'node:fs/promises';
import { describe, expect, jest, test } from '@jest/globals';
import { concat, NEVER, of, Subject, throwError, VirtualTimeScheduler } from 'rxjs';
import { tfRecord } from '../../../src/logs/tensorboard/record.js';
import type {
  CheckpointEvent,
  PreviewEvent,
  StartedEvent,
  TrainEvent,
} from '../../../src/streams/run/events.js';
import { writeTensorBoard } from '../../../src/streams/tensorboard/writeTensorBoard.js';
import { collect } from '../../support/collect.js';
import { startedEvent, stepEvent } from '../../support/events.js';
import { marbles } from '../../support/marbles.js';
import { png } from '../../support/pictures.js';
import { settled } from '../../support/settled.js';
import { useTemporaryFolder } from '../../support/temporaryFolder.js';
import { pointsOf, readLog, readRecords } from '../../support/tensorBoard.js';

const inFolder = useTemporaryFolder();
const position = { epoch: 0, batchInEpoch: 1, step: 1, imagesSeen: 10 };
const checkpoint: CheckpointEvent = { type: 'checkpoint', path: 'x', seconds: 0, ...position };
const started = (resumed: StartedEvent['resumed']): StartedEvent => startedEvent({ resumed });
const preview = (kind: PreviewEvent['kind'], path: string): PreviewEvent => ({
  type: 'preview',
  kind,
  path,
  step: 3,
  imagesSeen: 30,
});
const at = (step: number) => stepEvent(step, { imagesSeen: 10 * step, loss: step });

/** What is appended, as the steps in it, in a stream that takes as long as `timing`. */
function recorded(appended: string[], timing: () => ReturnType<typeof of>) {
  return jest.fn((bytes: Uint8Array) => {
    appended.push(
      readRecords(Buffer.from(bytes))
        .map(({ step }) => step)
        .join(),
    );
    return timing();
  });
}

describe('writeTensorBoard', () => {
  test.each([
    ['never', '-----', '-----', '^----'],
    ['empty', '--|  ', '--|  ', '^-!  '],
    ['error', '--#  ', '--#  ', '^-!  '],
  ])('should cope with %s, and append nothing', (_, given, expected, subs) => {
    marbles(({ cold, expectObservable, expectSubscriptions }, scheduler) => {
      const append = jest.fn(() => of(0));
      const source = cold<TrainEvent>(given.trim());
      const written = source.pipe(writeTensorBoard({ folder: inFolder(), append, scheduler }));
      // Closing a file that was never opened takes a turn of the real event loop.
      if (!given.includes('|')) expectObservable(written).toBe(expected.trim());
      else written.subscribe();
      expectSubscriptions(source.subscriptions).toBe(subs.trim());
      scheduler.flush();
      expect(append).not.toHaveBeenCalled();
    });
  });

  test('should append after the interval, at a checkpoint, when it is full, and at the end', () => {
    const appended: [number, string][] = [];
    marbles(({ cold }, scheduler) => {
      const events = { a: at(1), b: at(2), c: at(3), d: at(4), e: at(5), k: checkpoint };
      const source = cold<TrainEvent>('ab------c-k------d-e--|', events);
      const append = (bytes: Uint8Array) => {
        appended.push([scheduler.now(), pointsOf(readRecords(Buffer.from(bytes)), 'loss/iter').join(' ')]);
        return of(0);
      };
      source.pipe(writeTensorBoard({ folder: inFolder(), append, scheduler, interval: 4 })).subscribe();
    });
    expect(appended).toEqual([
      [4, '10,1 20,2'],
      [10, '30,3'],
      [21, '40,4 50,5'],
    ]);
    const sizes: number[] = [];
    marbles(({ cold }, scheduler) => {
      const append = (bytes: Uint8Array) => of(sizes.push(readRecords(Buffer.from(bytes)).length));
      cold<TrainEvent>('(abababababab|)', { a: at(1), b: at(2) })
        .pipe(writeTensorBoard({ folder: inFolder(), append, scheduler, bytes: 1000 }))
        .subscribe();
    });
    expect(sizes.length).toBeGreaterThan(1);
    expect(sizes.reduce((sum, size) => sum + size)).toBe(12);
    expect(Math.max(...sizes)).toBeLessThan(8);
  });

  test('should append one after the other, and complete when all is appended', () => {
    const appended: string[] = [];
    const times: number[] = [];
    marbles(({ cold }, scheduler) => {
      const append = recorded(appended, () => {
        times.push(scheduler.now());
        return cold('-----(x|)');
      });
      const source = cold<TrainEvent>('a-b-c|', { a: at(1), b: at(2), c: at(3) });
      source.pipe(writeTensorBoard({ folder: inFolder(), append, scheduler, bytes: 1 })).subscribe();
    });
    expect(appended).toEqual(['10', '20', '30']);
    expect(times).toEqual([0, 5, 10]);
  });

  test('should leave out the oldest behind a disk that hangs, and say how many', () => {
    const appended: string[] = [];
    const warnings: unknown[] = [];
    marbles(({ cold }, scheduler) => {
      const append = recorded(appended, () => cold('----------(x|)'));
      const source = cold<TrainEvent>('abcdef---|', {
        a: at(1),
        b: at(2),
        c: at(3),
        d: at(4),
        e: at(5),
        f: at(6),
      });
      const options = { folder: 'runs/x', append, scheduler, bytes: 1, waiting: 2 };
      source.pipe(writeTensorBoard(options)).subscribe((warning) => warnings.push(warning));
    });
    expect(appended).toEqual(['10', '50', '60']);
    expect(warnings).toEqual([
      {
        type: 'warning',
        about: 'tensorboard',
        message: 'runs/x: dropped 3 events: writing is too slow',
      },
    ]);
  });

  test('should pass an error of the disk, once, and append nothing more', () => {
    const appended: string[] = [];
    marbles(({ cold, expectObservable, expectSubscriptions }, scheduler) => {
      const source = cold<TrainEvent>('a---b-', { a: at(1), b: at(2) });
      const append = recorded(appended, () => cold('--#'));
      const options = { folder: inFolder(), append, scheduler, bytes: 1 };
      expectObservable(source.pipe(writeTensorBoard(options))).toBe('--#');
      expectSubscriptions(source.subscriptions).toBe('^-!');
    });
    expect(appended).toEqual(['10']);
  });

  test('should unsubscribe from the source and the running append', () => {
    marbles(({ cold, expectObservable, expectSubscriptions }, scheduler) => {
      const source = cold<TrainEvent>('a---b-', { a: at(1), b: at(2) });
      const appending = cold('---------');
      const options = { folder: inFolder(), append: () => appending, scheduler, bytes: 1 };
      expectObservable(source.pipe(writeTensorBoard(options)), '^--!').toBe('---');
      expectSubscriptions(source.subscriptions).toBe('^--!');
      expectSubscriptions(appending.subscriptions).toBe('^--!');
    });
  });

  test('should write what another library reads: numbers, images, times', async () => {
    await writeFile(inFolder('r.png'), await png(255, 0, 0, 6, 4));
    await writeFile(inFolder('s.png'), await png(0, 255, 0, 3, 5));
    const step = stepEvent(3, {
      imagesSeen: 30,
      loss: 1.5,
      reconstructionLoss: 1,
      kl: 3e38,
      klPerGroup: [0.25, Number.NaN],
      regularization: -2,
      learningRate: 0.125,
      klCoefficient: 0.5,
      gradientNorm: 1e300,
    });
    const events$ = of<TrainEvent[]>(
      started(null),
      step,
      preview('reconstruction', inFolder('r.png')),
      preview('samples', inFolder('s.png')),
    );
    const begin = Date.now() / 1000;
    expect(await collect(events$.pipe(writeTensorBoard({ folder: inFolder('log') })))).toEqual([]);
    const [version, session, numbers, first, second] = await readLog(inFolder('log'));
    expect(version?.fileVersion).toBe('brain.Event:2');
    expect(session).toMatchObject({ step: 0, sessionLog: { status: 1 } });
    expect(numbers?.step).toBe(30);
    expect(numbers?.wallTime).toBeGreaterThan(begin - 1);
    expect(numbers?.wallTime).toBeLessThan(begin + 60);
    expect(numbers?.summary?.value.map(({ tag, simpleValue }) => [tag, simpleValue])).toEqual([
      ['loss/iter', 1.5],
      ['rec_loss/iter', 1],
      ['kl_loss/iter', Math.fround(3e38)],
      ['reg_loss/iter', -2],
      ['kl_loss_0/iter', 0.25],
      ['kl_loss_1/iter', Number.NaN],
      ['kl_coefficient/iter', 0.5],
      ['learning_rate/iter', 0.125],
      ['gradient_norm/iter', Number.POSITIVE_INFINITY],
    ]);
    expect(first).toMatchObject({
      step: 30,
      summary: { value: [{ tag: 'reconstructed image', image: { height: 4, width: 6, colorspace: 3 } }] },
    });
    expect(second?.summary?.value[0]).toMatchObject({
      tag: 'generated image',
      image: { height: 5, width: 3 },
    });
    const bytes = second?.summary?.value[0]?.image?.encodedImageString;
    expect(Buffer.from(bytes!).equals(await readFile(inFolder('s.png')))).toBe(true);
  });

  test('should warn of a picture that cannot be read, and write the others', async () => {
    await writeFile(inFolder('s.png'), await png(0, 255, 0));
    const pictures = [preview('reconstruction', inFolder('gone.png')), preview('samples', inFolder('s.png'))];
    const warnings = await collect(of(...pictures).pipe(writeTensorBoard({ folder: inFolder('log') })));
    expect(warnings).toMatchObject([
      { message: expect.stringMatching(/gone\.png: not in the log, .*ENOENT/) },
    ]);
    expect(pointsOf(await readLog(inFolder('log')), 'generated image')).toHaveLength(1);
  });

  test('should add a file for each session, and take back what the one before logged beyond its checkpoint', async () => {
    const log = { folder: inFolder('log') };
    const first = [started(null), at(1), at(2), at(3)];
    const second = [
      started({ ...position, imagesSeen: 20 }),
      stepEvent(3, { imagesSeen: 30, loss: 30 }),
      at(4),
    ];
    await collect(of<TrainEvent[]>(...first).pipe(writeTensorBoard(log)));
    await collect(of<TrainEvent[]>(...second).pipe(writeTensorBoard(log)));
    expect(await readdir(log.folder)).toHaveLength(2);
    const points = [
      [10, 1],
      [20, 2],
      [30, 30],
      [40, 4],
    ];
    expect(pointsOf(await readLog(log.folder), 'loss/iter')).toEqual(points);
    await collect(of<TrainEvent[]>(started(null), at(1)).pipe(writeTensorBoard(log)));
    expect(pointsOf(await readLog(log.folder), 'loss/iter')).toEqual([[10, 1]]);
  });

  test('should name a file later than all others, also where the clock was set back', async () => {
    const log = { folder: inFolder('log'), scheduler: new VirtualTimeScheduler() };
    await collect(of(at(1)).pipe(writeTensorBoard({ folder: inFolder('log') })));
    await collect(of(at(2)).pipe(writeTensorBoard(log)));
    await collect(of(at(3)).pipe(writeTensorBoard(log)));
    expect((await readLog(log.folder)).map(({ step }) => step)).toEqual([0, 10, 0, 20, 0, 30]);
  });

  test('should make no file before there is something to write, and none on subscription', async () => {
    await collect(of<TrainEvent[]>(checkpoint).pipe(writeTensorBoard({ folder: inFolder('log') })));
    NEVER.pipe(writeTensorBoard({ folder: inFolder('log') }))
      .subscribe()
      .unsubscribe();
    await expect(readdir(inFolder('log'))).rejects.toThrow('ENOENT');
  });

  test('should pass errors of the source and of the file', async () => {
    const failing = concat(
      of(at(1)),
      throwError(() => new Error('source')),
    );
    await expect(collect(failing.pipe(writeTensorBoard({ folder: inFolder('log') })))).rejects.toThrow(
      'source',
    );
    await writeFile(inFolder('blocked'), '');
    const blocked = of(at(1)).pipe(writeTensorBoard({ folder: inFolder('blocked') }));
    await expect(collect(blocked)).rejects.toThrow('EEXIST');
  });

  test('should leave whole records when it is unsubscribed from', async () => {
    const events$ = new Subject<TrainEvent>();
    const writing = events$.pipe(writeTensorBoard({ folder: inFolder('log'), bytes: 1 })).subscribe();
    for (let step = 1; step < 50; step += 1) events$.next(at(step));
    await settled(async () => (await readdir(inFolder('log')).catch(() => [])).length > 0);
    writing.unsubscribe();
    expect(events$.observed).toBe(false);
    await settled(async () => (await readLog(inFolder('log'))).length > 0);
  });

  test.each([
    ['interval', { interval: 0 }],
    ['bytes', { bytes: -1 }],
    ['waiting', { waiting: 1.5 }],
  ])('should refuse %s that is no positive integer, at call time', (name, options) => {
    expect(() => writeTensorBoard({ folder: 'log', ...options })).toThrow(
      `writeTensorBoard: ${name} must be a positive integer`,
    );
  });
});

test('a record should have the checksums that TensorBoard itself writes', () => {
  const record = tfRecord(Buffer.from('brain.Event:2'));
  expect(record.toString('hex')).toBe('0d000000000000003c37b834627261696e2e4576656e743a32ee01067c');
});
