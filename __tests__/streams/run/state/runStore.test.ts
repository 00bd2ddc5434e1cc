import { describe, expect, test } from '@jest/globals';
import type { RunCommand } from '../../../../src/streams/run/runCommand.js';
import type { RunInput } from '../../../../src/streams/run/state/runState.js';
import { type RunStore, runStore } from '../../../../src/streams/run/state/runStore.js';
import { smallConfig } from '../../../support/checkpoints.js';

const command = (name: RunCommand): RunInput => ({ type: 'command', command: name });
const opened: RunInput = {
  type: 'opened',
  position: { epoch: 0, batchInEpoch: 2, step: 2, imagesSeen: 8 },
  data: { epoch: 0, imagesTaken: 8 },
  resumed: true,
  validates: false,
  validation: null,
};
const store = () => runStore(smallConfig().training);
/** What a stream of the store has emitted so far, and how it ended. */
function seen(stream: RunStore['due$'] | RunStore['stop$'] | RunStore['pause$']): unknown[] {
  const values: unknown[] = [];
  stream.subscribe({
    next: (value: unknown) => values.push(value),
    error: (error: Error) => values.push(error.message),
    complete: () => values.push('|'),
  });
  return values;
}

describe('the state of a run', () => {
  test('should emit a stop once, to late subscribers too', () => {
    const { stop$, dispatch } = store();
    const early = seen(stop$);
    dispatch(command('checkpoint'));
    expect(early).toEqual([]);
    dispatch(command('stop'));
    dispatch({ type: 'timeUp' });
    const emitted = [expect.anything(), '|'];
    expect([early, seen(stop$)]).toEqual([emitted, emitted]);
  });

  test('should emit whether a pause is requested, and its changes', () => {
    const { pause$, dispatch } = store();
    const early = seen(pause$);
    for (const name of ['resume', 'pause', 'pause', 'sample', 'resume', 'pause'] as const)
      dispatch(command(name));
    expect(early).toEqual([false, true, false, true]);
    expect(seen(pause$)).toEqual([true]);
  });

  test('should never emit an older pause after a newer one', () => {
    const { pause$, dispatch } = store();
    pause$.subscribe((paused) => paused && dispatch(command('resume')));
    const late = seen(pause$);
    dispatch(command('pause'));
    expect(late.at(-1)).toBe(false);
  });

  test('should emit what is due before the event is dispatched, and complete after the last steps', () => {
    const { due$, dispatch, state } = store();
    dispatch(opened);
    const dues = seen(due$);
    dispatch({ type: 'paused' });
    dispatch(command('sample'));
    const sample = { step: 2, imagesTaken: 8, writes: ['sample'] };
    expect(dues).toMatchObject([sample]);
    dispatch({ type: 'ended', failure: 'none' });
    expect(dues).toMatchObject([sample, '|']);
    expect(state()).toMatchObject({ phase: 'ended', due: null });
  });

  test('should fail with what controls it, for late subscribers too', () => {
    const { stop$, pause$, fail, dispatch, state } = store();
    const early = [seen(stop$), seen(pause$)];
    fail(new Error('of the commands'));
    expect(early).toEqual([['of the commands'], [false, 'of the commands']]);
    expect([seen(stop$), seen(pause$)]).toEqual([['of the commands'], ['of the commands']]);
    dispatch(opened);
    expect(state()).toMatchObject({ phase: 'training' });
  });
});
