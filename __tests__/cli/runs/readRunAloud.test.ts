import { PassThrough } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import { Subject, VirtualTimeScheduler } from 'rxjs';
import { type ReadRunAloudOptions, readRunAloud } from '../../../src/cli/runs/readRunAloud.js';
import type { JournalEntry, Journaled } from '../../../src/streams/journal/entry.js';
import { warning } from '../../../src/streams/run/events.js';
import { newRun, withEvent } from '../../../src/ui/dashboard/runView.js';
import { startedEvent, stepEvent } from '../../support/events.js';

const position = { epoch: 0, batchInEpoch: 2, step: 2, imagesSeen: 2 };
const step = (i: number) => stepEvent(i, { seconds: 0.5, loss: 1000 + i, klPerGroup: [9, 0.001] });
const [paused, resumed] = [
  { type: 'paused', ...position },
  { type: 'resumed', ...position },
] as const;
const stopped = { type: 'stopped', ...position, reason: 'stop', checkpoint: 'x', seconds: 1 } as const;

function start({ watching = false, ...options }: Partial<ReadRunAloudOptions> & { watching?: boolean } = {}) {
  const events$ = new Subject<JournalEntry>();
  const scheduler = new VirtualTimeScheduler();
  const input = new PassThrough();
  const requests: string[] = [];
  let said: string[] = [];
  const output = {
    progress: (line: string) => void said.push(line),
    warning: (line: string) => void said.push(`warning: ${line}`),
  };
  const onRequest = (request: string) => void requests.push(request);
  const ended = readRunAloud({
    events$,
    output,
    input,
    scheduler,
    ...(watching ? {} : { onRequest }),
    ...options,
  });
  /** What was said since the last look. */
  const heard = () => {
    const lines = said;
    said = [];
    return lines;
  };
  return {
    events$,
    requests,
    ended,
    heard,
    tell: (...events: Journaled[]) => {
      for (const event of events) events$.next({ ...event, time: scheduler.now() });
    },
    minutes(count: number) {
      scheduler.maxFrames = scheduler.now() + 60_000 * count;
      scheduler.flush();
    },
    async type(line: string) {
      heard();
      input.write(`${line}\n`);
      while (said.length === 0) await setImmediate();
      await setImmediate();
      return heard();
    },
  };
}

describe('readRunAloud', () => {
  test('should say what happens when it does, and how far the run is once a minute', () => {
    const { tell, heard, minutes } = start();
    expect(heard()).toEqual([
      'press enter to hear the state of the run; other keys, each followed by enter: q quit, p pause, c checkpoint, s sample, r reconstruct',
    ]);
    tell(startedEvent(), step(1), step(2), warning('dataset', 'a.png is damaged'), paused, resumed);
    expect(heard()).toEqual([
      'started small in process 1',
      'warning: a.png is damaged',
      'paused after step 2',
      'resumed after step 2',
    ]);
    minutes(2);
    expect(heard()).toEqual([
      'epoch 1/1, batch 2/10, step 2, loss 1,002',
      'epoch 1/1, batch 2/10, step 2, loss 1,002',
    ]);
  });

  test('should tell all facts in words when enter is pressed, with what to look at, and draw nothing', async () => {
    const { tell, type } = start();
    tell(startedEvent(), step(1), { ...step(2), applied: false });
    const facts = await type('');
    expect(facts[0]).toBe('small: training');
    expect(facts).toContain('problems: attention, 1 skipped');
    expect(facts).toContain('KL of group 0 at 2x2: 9.00 nats');
    expect(facts).toContain('KL of group 1 at 4x4: attention, 1.0e-3 nats, may have collapsed');
    expect(facts).toContain('checkpoint: none yet');
    expect(facts.join('\n')).toMatch(/^[\x20-\x7e\n]+$/);
  });

  test('should do what the keys of the dashboard do, and ask before it ends the run', async () => {
    const { tell, type, requests } = start();
    tell(startedEvent(), step(1));
    expect(await type('p')).toEqual(['will pause after this step']);
    tell(paused);
    await type('P');
    expect(await type('q')).toEqual([
      'press s to save a checkpoint and quit, k to quit without saving, n to cancel',
    ]);
    expect((await type('c'))[0]).toMatch(/^press s to save/);
    expect(await type('n')).toEqual(['cancelled']);
    expect((await type('what'))[0]).toMatch(/^press enter/);
    await type('q');
    await type('s');
    expect(requests).toEqual(['pause', 'resume', 'stop']);
  });

  test('should end with the run, and pass its error', async () => {
    const { tell, ended, events$ } = start();
    tell(startedEvent(), stopped);
    events$.complete();
    expect((await ended).ended).toMatchObject({ type: 'stopped' });
    const failing = start();
    failing.events$.error(new Error('disk full'));
    await expect(failing.ended).rejects.toThrow('disk full');
  });

  test('should not say again what was before, and end when the process is gone or at q where it watches', async () => {
    const before = withEvent(newRun, { ...startedEvent(), time: -1 });
    const gone$ = new Subject<void>();
    const watching = start({ watching: true, before, gone$ });
    watching.events$.next({ ...warning('dataset', 'old'), time: -1 });
    watching.tell(warning('dataset', 'new'));
    expect(watching.heard().slice(1)).toEqual(['warning: new']);
    gone$.next();
    await watching.ended;
    expect(watching.heard()[0]).toBe('small: the process is gone and reported no result');
    const left = start({ watching: true });
    await left.type('q');
    expect((await left.ended).status).toBe('opening');
  });
});
