import { describe, expect, test } from '@jest/globals';
import { of, throwError } from 'rxjs';
import { RunTakenOverError } from '../../../../src/checkpoint/lock/errors.js';
import type { Run } from '../../../../src/streams/run/opening/run.js';
import { writeBestModel } from '../../../../src/streams/run/validation/writeBestModel.js';
import { marbles } from '../../../support/marbles.js';

const best = { bitsPerDimension: 3, epoch: 4, step: 20 };

/** A run whose tries to write end like this, in turn; the last for all that follow. */
function runOf(...ends: (Error | null)[]) {
  const warnings: string[] = [];
  let tries = 0;
  const write = () => {
    const end = ends[Math.min(tries, ends.length - 1)] ?? null;
    tries += 1;
    return end === null ? of(undefined) : throwError(() => end);
  };
  const run = {
    trainer: { snapshot: () => of({}) },
    paths: { bestModel: 'w/a.best.model' },
    save: () => write,
    warn: (about: string, message: string) => void warnings.push(`${about}: ${message}`),
  } as unknown as Run;
  return { run, warnings, tries: () => tries };
}
const full = new Error('w/a.best.model: cannot be written: ENOSPC');
const whether = { y: true, n: false };

describe('writeBestModel', () => {
  test('should try again after a delay that doubles, without a warning where that helps', () => {
    const { run, warnings } = runOf(full, full, null);
    marbles(({ expectObservable, hot }, scheduler) => {
      const options = { checkpoints: { retryDelay: 2 }, scheduler };
      // after 2 and 4 frames
      expectObservable(writeBestModel(run, options, best, hot('-'))).toBe('------(y|)', whether);
    });
    expect(warnings).toEqual([]);
  });

  test('should give up with a warning, so that the run continues', () => {
    const { run, warnings, tries } = runOf(full);
    marbles(({ expectObservable, hot }, scheduler) => {
      const options = { checkpoints: { retryDelay: 1, retries: 2 }, scheduler };
      expectObservable(writeBestModel(run, options, best, hot('-'))).toBe('---(n|)', whether);
    });
    expect(tries()).toBe(3);
    expect(warnings).toEqual([
      expect.stringMatching(/^validation: w\/a\.best\.model: cannot be written: ENOSPC; .*\(epoch 5\)/),
    ]);
  });

  test('should not wait for a next try once the run is to stop', () => {
    marbles(({ expectObservable, hot }, scheduler) => {
      const { run } = runOf(full, full, null);
      const options = { checkpoints: { retryDelay: 50 }, scheduler };
      expectObservable(writeBestModel(run, options, best, hot('--s-----s'))).toBe('--------(y|)', whether);
    });
  });

  test('should fail where another process has taken the run over', () => {
    const taken = Object.assign(Object.create(RunTakenOverError.prototype), { message: 'taken over' });
    const { run, warnings } = runOf(taken);
    marbles(({ expectObservable, hot }, scheduler) => {
      expectObservable(writeBestModel(run, { scheduler }, best, hot('-'))).toBe('#', undefined, taken);
    });
    expect(warnings).toEqual([]);
  });
});
