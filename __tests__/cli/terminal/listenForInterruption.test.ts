import { describe, expect, test } from '@jest/globals';
import { lastValueFrom, toArray } from 'rxjs';
import { exitAtInterruption, exitInterrupted } from '../../../src/cli/start/exitAtInterruption.js';
import { listenForInterruption } from '../../../src/cli/terminal/listenForInterruption.js';

describe('listenForInterruption', () => {
  test.each(['SIGINT', 'SIGTERM'] as const)(
    'should tell %s to whoever listens later, too',
    async (signal) => {
      let told = 0;
      const interruption = listenForInterruption(() => {
        told += 1;
      });
      try {
        process.emit(signal, signal);
        expect([told, interruption.interrupted, interruption.signal.aborted]).toEqual([1, true, false]);
        expect(await lastValueFrom(interruption.stop$.pipe(toArray()))).toHaveLength(1);
        process.emit(signal, signal);
        expect([told, interruption.signal.aborted]).toEqual([1, true]);
      } finally {
        interruption.dispose();
      }
    },
  );

  test('should take the place of the listener that ends the process, and give it back', () => {
    const isListening = () => process.listeners('SIGTERM').includes(exitInterrupted);
    exitAtInterruption();
    try {
      const interruption = listenForInterruption(() => undefined);
      expect(isListening()).toBe(false);
      interruption.dispose();
      expect(isListening()).toBe(true);
    } finally {
      for (const signal of ['SIGINT', 'SIGTERM']) process.off(signal, exitInterrupted);
    }
  });

  test('should leave no listener', () => {
    const listeners = () =>
      ['SIGINT', 'SIGTERM', 'SIGPIPE', 'SIGUSR1'].map((name) => process.listenerCount(name));
    const before = listeners();
    listenForInterruption(() => undefined).dispose();
    expect(listeners()).toEqual(before);
  });
});
