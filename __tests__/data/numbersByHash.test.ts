import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { NumbersByHash } from '../../src/data/packed/numbersByHash.js';

const found = (numbers: NumbersByHash, texts: readonly (string | number | undefined)[]) => {
  const slot = numbers.find(texts);
  return slot < 0 ? null : [numbers.first(slot), numbers.second(slot)];
};

test('NumbersByHash should have what was set last, and nothing else', () => {
  const part = fc.oneof(fc.string({ maxLength: 2 }), fc.integer({ min: 0, max: 2 }), fc.constant(undefined));
  const entry = fc.tuple(fc.tuple(part, part), fc.double({ noNaN: true }), fc.nat());
  fc.assert(
    fc.property(fc.array(entry), fc.tuple(part, part), (entries, other) => {
      const numbers = new NumbersByHash();
      const expected = new Map<string, [number, number]>();
      const keyOf = (texts: readonly unknown[]) => JSON.stringify(texts.map((text) => [typeof text, text]));
      for (const [texts, first, second] of entries) {
        numbers.set(texts, first, second);
        expected.set(keyOf(texts), [first, second]);
      }
      expect(numbers.size).toBe(expected.size);
      for (const [texts] of entries) expect(found(numbers, texts)).toEqual(expected.get(keyOf(texts)));
      expect(found(numbers, other)).toEqual(expected.get(keyOf(other)) ?? null);
    }),
  );
});

test('NumbersByHash should tell many texts that are alike apart, while it grows', () => {
  const numbers = new NumbersByHash();
  const count = 50_000;
  const textsAt = (i: number) => [`photos/${i % 100}/${i}.png`, `${i}/1732646000123.25`, undefined, 3, 64];
  const wrong: number[] = [];
  for (let i = 0; i < count; i += 1) {
    if (numbers.find(textsAt(i)) !== -1) wrong.push(i);
    numbers.set(textsAt(i), i / 2, i);
  }
  expect(numbers.size).toBe(count);
  for (let i = 0; i < count; i += 1) {
    const slot = numbers.find(textsAt(i));
    if (numbers.first(slot) !== i / 2 || numbers.second(slot) !== i) wrong.push(i);
  }
  expect(wrong).toEqual([]);
  numbers.clear();
  expect([numbers.size, numbers.find(textsAt(0))]).toEqual([0, -1]);
});
