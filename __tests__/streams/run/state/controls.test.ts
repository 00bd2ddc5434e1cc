import { expect, test } from '@jest/globals';
import type { RunCommand } from '../../../../src/streams/run/runCommand.js';
import { controls } from '../../../../src/streams/run/state/controls.js';
import { marbles } from '../../../support/marbles.js';

const values = {
  s: { type: 'command', command: 'stop' },
  p: { type: 'command', command: 'pause' },
  t: { type: 'timeUp' },
};

test('commands, stops and the time limit should be events, in the order in which they come', () => {
  marbles(({ cold, expectObservable }, scheduler) => {
    const commands$ = cold<RunCommand>('-p----s', { p: 'pause', s: 'stop' });
    const stop$ = cold('               ---x');
    const expected = '                 -p-s-ts';
    expectObservable(controls({ commands$, stop$, seconds: 0.005, scheduler })).toBe(expected, values);
  });
});

test('an error of either should pass', () => {
  marbles(({ cold, expectObservable }) => {
    expectObservable(controls({ commands$: cold<RunCommand>('--#') })).toBe('--#');
    expectObservable(controls({ stop$: cold('-#') })).toBe('-#');
  });
});

test('there should be no events without controls', () => {
  marbles(({ expectObservable }) => expectObservable(controls({})).toBe(''));
  expect(() => controls({ seconds: Number.POSITIVE_INFINITY }).subscribe().unsubscribe()).not.toThrow();
});
