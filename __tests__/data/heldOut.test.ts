import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { datasetIdentity } from '../../src/data/datasetIdentity.js';
import { measuredItems, splitItems } from '../../src/data/heldOut.js';
import { itemsOf } from '../../src/data/itemsOf.js';
import { nameHash } from '../../src/data/nameHash.js';

const named = (names: readonly string[]) => names.map((name) => ({ name }));
const namesOf = (items: ReturnType<typeof measuredItems>) => [...itemsOf(items)].map(({ name }) => name);
const someNames = fc.uniqueArray(fc.string({ minLength: 1 }), { maxLength: 60 });
const someFraction = fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true });

describe('the hash of a name', () => {
  test('should be a number from 0 to below 1 that never changes', () => {
    // sha256('abc') begins with ba7816bf8f01
    expect(nameHash('abc')).toBe(0xba7816bf8f01 / 2 ** 48);
    fc.assert(
      fc.property(fc.string(), (name) => {
        expect(nameHash(name)).toBeGreaterThanOrEqual(0);
        expect(nameHash(name)).toBeLessThan(1);
      }),
    );
  });

  test('should be below a fraction for about as many names', () => {
    const hashes = Array.from({ length: 10_000 }, (_, i) => nameHash(`photos/${i}.png`));
    for (const fraction of [0.05, 0.5, 0.9]) {
      const share = hashes.filter((hash) => hash < fraction).length / hashes.length;
      expect(Math.abs(share - fraction)).toBeLessThan(0.015);
    }
  });
});

describe('held-out items', () => {
  test('should be none or some, and with the others all, in their order', () => {
    fc.assert(
      fc.property(someNames, someFraction, (names, fraction) => {
        const { training, heldOut } = splitItems(named(names), fraction);
        const held = new Set(namesOf(heldOut));
        expect(namesOf(heldOut)).toEqual(names.filter((name) => held.has(name)));
        expect(namesOf(training)).toEqual(names.filter((name) => !held.has(name)));
        expect(training.length + heldOut.length).toBe(names.length);
        if (fraction === 0) expect(heldOut.length).toBe(0);
      }),
    );
  });

  test('should stay held out while others come and go, and when more are held out', () => {
    fc.assert(
      fc.property(someNames, fc.integer({ min: 0, max: 60 }), someFraction, (names, cut, fraction) => {
        const all = new Set(namesOf(splitItems(named(names), fraction).heldOut));
        const fewer = names.slice(cut);
        expect(namesOf(splitItems(named(fewer), fraction).heldOut)).toEqual(fewer.filter((n) => all.has(n)));
        const larger = (1 + fraction) / 2;
        const more = new Set(namesOf(splitItems(named(names), larger).heldOut));
        expect([...all].every((name) => more.has(name))).toBe(true);
      }),
    );
  });

  test('should be measured in an order that does not depend on that of the list, the same ones first', () => {
    fc.assert(
      fc.property(someNames, fc.integer({ min: 1, max: 60 }), (names, most) => {
        const all = namesOf(measuredItems(named(names), null));
        expect([...all].sort()).toEqual([...names].sort());
        expect(namesOf(measuredItems(named([...names].reverse()), null))).toEqual(all);
        expect(namesOf(measuredItems(named(names), most))).toEqual(all.slice(0, most));
      }),
    );
  });

  test('should have no item beyond their number', () => {
    expect(measuredItems(named(['a']), null).at(1)).toBeUndefined();
  });

  test('should be the same in every version, and so the identities in checkpoints', async () => {
    const { training, heldOut } = splitItems(
      named(Array.from({ length: 1000 }, (_, i) => `photos/${i}.png`)),
      0.1,
    );
    expect(heldOut.length).toBe(86);
    const first = [6, 731, 995, 478, 419].map((number) => `photos/${number}.png`);
    expect(namesOf(measuredItems(heldOut, 5))).toEqual(first);
    const identityOf = (items: typeof heldOut) =>
      datasetIdentity({ identity: () => '' }, items, new AbortController().signal);
    expect(await identityOf(training)).toBe('4fc4b623f03131ea/914/-');
    expect(await identityOf(measuredItems(heldOut, 50))).toBe('e8c68e7ced87749a/50/-');
  });
});
