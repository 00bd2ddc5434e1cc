/** What each rank has of a batch. */
import { describe, expect, test } from '@jest/globals';
import { GroupError } from '../../src/group/groupError.js';
import { groupMemory } from '../../src/group/memory/groupMemory.js';
import { memoryGroup } from '../../src/group/memory/memoryGroup.js';
import type { ProcessGroup } from '../../src/group/processGroup.js';
import { compareRanks } from '../../src/training/compareRanks.js';
import { shareBatch } from '../../src/training/sharedBatch.js';
import { smallBatch } from '../support/smallConfig.js';

/** Calls a function as every rank, in one thread. */
function onRanks<T>(size: number, call: (group: ProcessGroup) => Promise<T>): Promise<T[]> {
  const memory = groupMemory(size);
  return Promise.all(Array.from({ length: size }, (_, rank) => call(memoryGroup(memory, rank))));
}

/** `[first, count, whole]` of the parts of each rank. */
const placesOf = (counts: readonly number[], parts: number, given?: readonly (readonly number[])[]) =>
  onRanks(counts.length, async (group) => {
    const batch = { ...smallBatch(1, counts[group.rank]), ...(given && { parts: given[group.rank]! }) };
    const shared = await shareBatch(batch, parts, group, false);
    return shared.parts.map(({ images, first, whole }) => [first, images.shape[0], whole]);
  });

describe('shareBatch should find the place of each image', () => {
  test.each([
    ['one part, in any shares', [3, 0, 2], 1, [[[0, 3, 5]], [[3, 0, 5]], [[3, 2, 5]]]],
    ['fewer images than ranks', [0, 1], 1, [[[0, 0, 1]], [[0, 1, 1]]]],
    [
      'several parts',
      [2, 3],
      2,
      [
        [
          [0, 1, 3],
          [3, 1, 2],
        ],
        [
          [1, 2, 3],
          [4, 1, 2],
        ],
      ],
    ], // 3 and 2 images
  ] as const)('%s', async (_name, counts, parts, expected) => {
    expect(await placesOf(counts, parts)).toEqual(expected);
  });

  test('parts with given numbers, one of them empty', async () => {
    const given = [
      [1, 0, 0],
      [0, 0, 2],
    ];
    const places = [
      [
        [0, 1, 1],
        [1, 0, 2],
      ],
      [
        [1, 0, 1],
        [1, 2, 2],
      ],
    ];
    expect(await placesOf([1, 2], 3, given)).toEqual(places);
  });
});

test('shareBatch should give every rank its own images', async () => {
  const all = await onRanks(2, async (group) => {
    const batch = smallBatch(group.rank, 2 + group.rank);
    const { parts } = await shareBatch(batch, 2, group, false);
    return { batch, joined: parts.flatMap(({ images }) => [...images.pixels]) };
  });
  for (const { batch, joined } of all) expect(joined).toEqual([...batch.pixels]);
});

test('shareBatch should pass on what one rank asks', async () => {
  const asked = (who: number) =>
    onRanks(3, async (group) => {
      const { isAsked } = await shareBatch(smallBatch(1), 1, group, group.rank === who);
      return isAsked;
    });
  expect(await asked(2)).toEqual([true, true, true]);
  expect(await asked(-1)).toEqual([false, false, false]);
});

test('shareBatch should refuse numbers that are no shares, and a batch without images', async () => {
  await expect(placesOf([4, 1], 2)).rejects.toThrow(
    new RangeError('trainer.step: expected 2 (1 + 1) images on rank 0, got 4'),
  );
  await expect(placesOf([0, 0], 1)).rejects.toThrow('no image on any rank');
});

describe('compareRanks should name', () => {
  const compare = (values: readonly number[]) =>
    onRanks(values.length, (group) =>
      compareRanks(
        group,
        new Map([
          ['settings', [Float32Array.of(1)]],
          ['weights', [Float32Array.of(1, 2), Float32Array.of(values[group.rank] as number)]],
        ]),
      ),
    );

  test('nobody if all are equal', async () => {
    await expect(compare([3, 3, 3])).resolves.toBeDefined();
  });

  test.each([
    [[3, 4, 3], 'trainer: rank 1 has other weights than the rest of the group'],
    [[4, 3, 3], 'trainer: rank 0 has other weights than the rest of the group'],
    [[3, 4], 'trainer: rank 1 has other weights than the rest of the group'],
    [[3, 3, 4, 5, 3], 'trainer: ranks 2, 3 have other weights than the rest of the group'],
  ])('the ranks of %j that differ', async (values, message) => {
    await expect(compare(values)).rejects.toThrow(new GroupError(message));
  });
});
