import { describe, expect, test } from '@jest/globals';
import {
  beginning,
  type CherryChoice,
  type CherryProgress,
  withBatch,
  withChoice,
  withoutBatch,
} from '../../../src/streams/sampling/cherryState.js';
import { greyBatch } from '../../support/recipes.js';

const toggle = (number: number): CherryChoice => ({ type: 'toggle', number });
const order = (...numbers: number[]): CherryChoice => ({ type: 'order', order: numbers });
const [next, undo]: CherryChoice[] = [{ type: 'next' }, { type: 'undo' }] as const;

const first = greyBatch(2, 10, 20, 30);
const second = greyBatch(2, 40, 50, 60);
const start = (keep: number) => withBatch(beginning(keep), first);
const choosing = (progress: CherryProgress, ...choices: CherryChoice[]) =>
  choices.reduce(
    (now, choice) => (choice === next ? withBatch(withChoice(now, next), second) : withChoice(now, choice)),
    progress,
  );
/** Batch and number of each pick. */
const picks = ({ state }: CherryProgress) =>
  state.picks.map(({ batch, number }) => `${batch}.${number}`).join(' ');

describe('the state of cherryPick', () => {
  test('should begin with nothing to see', () => {
    expect(beginning(9).state).toEqual({
      phase: 'picking',
      keep: 9,
      batch: 0,
      images: null,
      picked: [],
      picks: [],
      waiting: true,
      exhausted: false,
      problem: null,
      order: null,
      chosen: null,
    });
  });

  test('should pick and leave, with the pixels, over several batches', () => {
    const one = choosing(start(9), toggle(2), toggle(3), toggle(2));
    expect(one.state.picked).toEqual([3]);
    expect(one.state.picks).toEqual([{ batch: 1, number: 3, image: greyBatch(2, 30) }]);
    const two = choosing(one, next, toggle(3), toggle(1));
    expect(two.state).toMatchObject({ batch: 2, images: second, picked: [3, 1] });
    expect(picks(two)).toBe('1.3 2.3 2.1');
  });

  test('should wait at next, and hold what was shown until then', () => {
    expect(choosing(start(9), toggle(1)).state.waiting).toBe(false);
    const waiting = withChoice(start(9), next as CherryChoice);
    expect(waiting.state).toMatchObject({ waiting: true, images: first, batch: 1 });
    const none = withoutBatch(waiting);
    expect(none.state).toMatchObject({ waiting: false, exhausted: true, images: first });
    expect(none.state.problem).toBe('there are no more batches after 1');
    expect(withChoice(none, next as CherryChoice).state).toEqual(none.state);
    expect(choosing(none, toggle(1)).state.problem).toBeNull();
    expect(withoutBatch(start(9)).state.problem).toBeNull();
  });

  test('should undo toggles, also of earlier batches and those that left an image', () => {
    const all = choosing(start(9), toggle(1), toggle(2), toggle(1), next, toggle(1));
    expect(picks(all)).toBe('1.2 2.1');
    const steps = [1, 2, 3, 4, 5].map((n) =>
      choosing(all, ...Array<CherryChoice>(n).fill(undo as CherryChoice)),
    );
    expect(steps.map(picks)).toEqual(['1.2', '1.1 1.2', '1.1', '', '']);
    expect(steps.map(({ state }) => state.problem)).toEqual([
      null,
      null,
      null,
      null,
      'there is no pick to undo',
    ]);
    expect(all.state.picked).toEqual([1]);
    expect(steps[0]?.state.picked).toEqual([]);
  });

  test('should hold no more than the last hundred toggles', () => {
    const many = choosing(start(9), ...Array<CherryChoice>(301).fill(toggle(1)));
    expect(many.before).toHaveLength(100);
    expect(picks(many)).toBe('1.1');
  });

  test('should ask for the order after the last pick, and give the images in it', () => {
    const all = choosing(start(3), toggle(3), toggle(1), next, toggle(2));
    expect(all.state).toMatchObject({ phase: 'ordering', order: null, chosen: null });
    const done = choosing(all, order(3, 1, 2));
    expect(done.state).toMatchObject({ phase: 'done', order: [3, 1, 2], problem: null });
    expect(done.state.chosen).toEqual(greyBatch(2, 50, 30, 10));
    expect(choosing(all, undo as CherryChoice).state).toMatchObject({ phase: 'picking', keep: 3 });
  });

  test('should need no order of one', () => {
    const { state } = choosing(start(1), toggle(2));
    expect(state).toMatchObject({ phase: 'done', order: [1] });
    expect(state.chosen).toEqual(greyBatch(2, 20));
  });

  test.each<[string, CherryChoice[], string]>([
    ['a number that is none', [toggle(0)], 'there is no image 0; pick 1 to 3'],
    ['a number beyond the batch', [toggle(4)], 'there is no image 4; pick 1 to 3'],
    ['half a number', [toggle(1.5)], 'there is no image 1.5; pick 1 to 3'],
    ['an order too early', [toggle(1), order(1, 2)], 'pick 1 more image before the order'],
    ['a pick too much', [toggle(1), toggle(2), toggle(3)], 'all 2 are picked; choose their order, or undo'],
    [
      'a batch too much',
      [toggle(1), toggle(2), { type: 'next' }],
      'all 2 are picked; choose their order, or undo',
    ],
    ['an order of too few', [toggle(1), toggle(2), order(1)], 'each number from 1 to 2 once (got 1)'],
    [
      'an order with one twice',
      [toggle(1), toggle(2), order(1, 1)],
      'each number from 1 to 2 once (got 1 1)',
    ],
    ['an order of others', [toggle(1), toggle(2), order(0, 1)], 'each number from 1 to 2 once (got 0 1)'],
    ['no order', [toggle(1), toggle(2), order()], 'each number from 1 to 2 once (got none)'],
  ])('should refuse %s and change nothing else', (_, choices, problem) => {
    const before = choosing(start(2), ...choices.slice(0, -1));
    const { state } = withChoice(before, choices.at(-1) as CherryChoice);
    expect(state).toEqual({ ...before.state, problem: expect.stringContaining(problem) });
  });
});
