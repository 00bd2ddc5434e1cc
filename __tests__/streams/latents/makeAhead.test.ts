import { describe, expect, test } from '@jest/globals';
import { from, map, of } from 'rxjs';
import type { Recipe } from '../../../src/streams/images/recipe.js';
import { makeAhead } from '../../../src/streams/latents/makeAhead.js';
import { collect } from '../../support/collect.js';
import { type Helpers, late, marbles } from '../../support/marbles.js';

/** Recipes take two frames to make their value; `n` makes nothing. */
function recipesOf({ cold }: Helpers, timing: string) {
  return cold(timing).pipe(
    map((name): Recipe<string> => {
      const make = () => cold('--(v|)', { v: name === 'n' ? null : name.toUpperCase() });
      return { images: 1, make: make as unknown as Recipe<string>['make'] };
    }),
  );
}

describe('makeAhead', () => {
  test.each([
    ['never', '   ----', '----'],
    ['empty', '   --|', ' --|'],
    ['one', '     a|', '  ------(A|)'],
    ['two', '     ab|', ' ------A---(B|)'],
    ['nothing', ' anb|', '------A-----(B|)'],
    ['error', '   a-#', ' --#'],
  ])('should make the next value while it uses one: %s', (_, given, expected) => {
    marbles((helpers) => {
      const used$ = recipesOf(helpers, given.trim()).pipe(makeAhead(late(helpers.cold, '----(x|)')));
      helpers.expectObservable(used$).toBe(expected.trim());
    });
  });

  test('should finish what it uses when it is stopped', () => {
    marbles((helpers) => {
      const { cold, expectObservable } = helpers;
      const used$ = recipesOf(helpers, 'abc|').pipe(makeAhead(late(cold, '----(x|)'), cold('---x')));
      expectObservable(used$).toBe('------(A|)');
    });
  });

  test('should hold one value beyond the one that is used, however many recipes there are', async () => {
    let [made, used] = [0, 0];
    const recipes = Array.from(
      { length: 500 },
      (): Recipe<number> => ({
        images: 1,
        make: async () => {
          made += 1;
          return made;
        },
      }),
    );
    const most = { ahead: 0 };
    await collect(
      from(recipes).pipe(
        makeAhead(async (value) => {
          await new Promise((resolve) => setTimeout(resolve, value % 3));
          most.ahead = Math.max(most.ahead, made - used);
          used += 1;
        }),
      ),
    );
    expect([made, used]).toEqual([500, 500]);
    expect(most.ahead).toBeLessThanOrEqual(2);
  });

  test('should abort what it makes when it is unsubscribed', async () => {
    let aborted = false;
    const endless: Recipe<string> = {
      images: 1,
      make: (signal) =>
        new Promise((_, reject) => {
          signal?.addEventListener('abort', () => {
            aborted = true;
            reject(signal.reason);
          });
        }),
    };
    const subscription = of(endless)
      .pipe(makeAhead(() => of(1)))
      .subscribe();
    subscription.unsubscribe();
    expect(aborted).toBe(true);
  });
});
