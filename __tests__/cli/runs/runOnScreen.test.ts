import { describe, expect, test } from '@jest/globals';
import { firstValueFrom, type Observable, Subject, toArray } from 'rxjs';
import { runOnScreen } from '../../../src/cli/runs/runOnScreen.js';
import { type TrainEvent, warning } from '../../../src/streams/run/events.js';
import { ScreenError } from '../../../src/ui/screenError.js';
import { startedEvent, stepEvent } from '../../support/events.js';

const position = { epoch: 0, batchInEpoch: 2, step: 2, imagesSeen: 2 };
const stopped: TrainEvent = { type: 'stopped', ...position, reason: 'stop', checkpoint: 'c', seconds: 1 };
const broken = new ScreenError(new Error('cannot be drawn'));
const turn = () => new Promise((resolve) => setImmediate(resolve));

function start(screen: (events$: Observable<TrainEvent>) => Promise<unknown>) {
  const events$ = new Subject<TrainEvent>();
  const [told, failures]: [string[], string[]] = [[], []];
  const ended = runOnScreen(events$, {
    screen,
    onFailure: ({ message }) => void failures.push(message),
    report: ({ type }) => void told.push(type),
  });
  return { events$, told, failures, ended };
}

describe('runOnScreen', () => {
  test('should show the run, tell nothing beside it, and say how it ended', async () => {
    const { events$, told, failures, ended } = start((shown$) => firstValueFrom(shown$.pipe(toArray())));
    await turn();
    for (const event of [startedEvent(), stepEvent(1), stopped]) events$.next(event);
    events$.complete();
    expect(await ended).toBe(stopped);
    expect([told, failures]).toEqual([[], []]);
  });

  test('should tell the rest of the run in lines where the screen fails, with one warning', async () => {
    let fail: (error: unknown) => void = () => undefined;
    const { events$, told, failures, ended } = start((shown$) => {
      shown$.subscribe();
      return new Promise((_, reject) => {
        fail = reject;
      });
    });
    await turn();
    events$.next(startedEvent());
    events$.next(stepEvent(1));
    fail(broken);
    await turn();
    expect([told, failures]).toEqual([[], ['cannot be drawn']]);
    expect(events$.observed).toBe(true);
    for (const event of [stepEvent(2), warning('dataset', 'a.png'), stopped]) events$.next(event);
    events$.complete();
    expect(await ended).toBe(stopped);
    expect(told).toEqual(['step', 'warning', 'stopped']);
  });

  test('should begin the run where the screen has failed before it could', async () => {
    const { events$, told, ended } = start(() => Promise.reject(broken));
    await turn();
    expect(events$.observed).toBe(true);
    for (const event of [startedEvent(), stopped]) events$.next(event);
    events$.complete();
    expect(await ended).toBe(stopped);
    expect(told).toEqual(['started', 'stopped']);
  });

  test('should say nothing of a screen that fails when the run is over', async () => {
    const { events$, told, failures, ended } = start(async (shown$) => {
      await firstValueFrom(shown$.pipe(toArray()));
      throw broken;
    });
    await turn();
    events$.next(stopped);
    events$.complete();
    expect(await ended).toBe(stopped);
    expect([told, failures]).toEqual([[], []]);
  });

  test("should pass the run's own error, with the screen and without", async () => {
    const shown = start((shown$) => firstValueFrom(shown$.pipe(toArray())));
    await turn();
    shown.events$.error(new Error('disk full'));
    await expect(shown.ended).rejects.toThrow('disk full');
    const told = start(() => Promise.reject(broken));
    await turn();
    told.events$.error(new Error('disk full'));
    await expect(told.ended).rejects.toThrow('disk full');
  });

  test('should let go of the run when the person leaves', async () => {
    let leave: (value?: unknown) => void = () => undefined;
    const { events$, ended } = start((shown$) => {
      shown$.subscribe();
      return new Promise((resolve) => {
        leave = resolve;
      });
    });
    await turn();
    leave();
    await ended;
    expect(events$.observed).toBe(false);
  });
});
