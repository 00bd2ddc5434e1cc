import { describe, expect, test } from '@jest/globals';
import { map } from 'rxjs';
import { stepInTurn } from '../../../../src/streams/run/ranks/stepInTurn.js';
import type { BatchRecipe } from '../../../../src/streams/run/trainStep.js';
import { trainStep } from '../../../../src/streams/run/trainStep.js';
import type { StepResult } from '../../../../src/training/trainer.js';
import { type Helpers, marbles } from '../../../support/marbles.js';

const batchOf = (images: number) => ({ pixels: new Uint8Array(images), shape: [images, 1, 1, 1] as const });

/** Batches of 3, 0 and 2 images, one for each letter; the marbles of a turn, and of a step. */
function steps(
  { cold }: Pick<Helpers, 'cold'>,
  turn: string | ((images: number) => string),
  step = '--(s|)',
) {
  const sizes: Readonly<Record<string, number>> = { a: 3, b: 0, c: 2 };
  const asked: number[] = [];
  const made: number[] = [];
  const stepper = stepInTurn(
    {
      step: (batch) => {
        made.push(batch.shape[0]);
        return cold(step, { s: {} as StepResult });
      },
    },
    (images) => {
      asked.push(images);
      return cold(typeof turn === 'string' ? turn : turn(images), { 0: 0, 5: 5 });
    },
  );
  const recipe = (letter: string): BatchRecipe => ({
    images: sizes[letter] as number,
    make: () => [batchOf(sizes[letter] as number)],
  });
  return {
    asked,
    made,
    operator: (batches: string) =>
      cold(batches).pipe(
        map(recipe),
        trainStep(stepper),
        map(() => 's'),
      ),
  };
}

describe('stepInTurn', () => {
  test('should make each step after its turn, also without own images', () => {
    marbles((helpers) => {
      const { operator, asked, made } = steps(helpers, '---(5|)');
      //                        ---turn, --step
      helpers.expectObservable(operator('abc|')).toBe('-----s----s----(s|)');
      helpers.flush();
      expect([asked, made]).toEqual([
        [3, 0, 2],
        [3, 0, 2],
      ]);
    });
  });

  test('should make no step where the turn finds no images or a stop', () => {
    marbles((helpers) => {
      const { operator, made } = steps(helpers, (images) => (images === 0 ? '-(0|)' : '-(5|)'));
      helpers.expectObservable(operator('abc|')).toBe('   ---s---(s|)');
      helpers.flush();
      expect(made).toEqual([3, 2]);
    });
  });

  test('should fail with the error of a turn or of a step', () => {
    marbles((helpers) => {
      helpers.expectObservable(steps(helpers, '--#').operator('a|')).toBe('--#');
      helpers.expectObservable(steps(helpers, '-(5|)', '--#').operator('a|')).toBe('---#');
    });
  });

  test('should make no step after it is unsubscribed from', () => {
    marbles((helpers) => {
      const { operator, made } = steps(helpers, '----(5|)');
      helpers.expectObservable(operator('a--|'), '--!').toBe('---');
      helpers.flush();
      expect(made).toEqual([]);
    });
  });

  test('should never end while a turn does not', () => {
    marbles((helpers) => {
      helpers.expectObservable(steps(helpers, '-').operator('a|')).toBe('-');
    });
  });

  test('should tell how long a turn took', () => {
    marbles(({ cold, flush, expectObservable }, scheduler) => {
      const turns: number[] = [];
      const clock = { now: () => scheduler.now() };
      const onTurn = (ms: number) => turns.push(ms);
      const stepper = stepInTurn({ step: () => cold('-|') }, () => cold('---(5|)', { 5: 5 }), {
        clock,
        onTurn,
      });
      expectObservable(cold('').pipe()).toBe('');
      const recipe = { images: 3, make: () => [batchOf(3)] };
      expectObservable(cold('(a|)', { a: recipe }).pipe(trainStep(stepper))).toBe('----|');
      flush();
      expect(turns).toEqual([3]);
    });
  });
});
