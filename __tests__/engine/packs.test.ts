import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { packed, packShape, planPacks, unpacked } from '../../src/engine/packs.js';
import * as tf from '../../src/engine/tf.js';
import { useTestEngine } from '../support/engine.js';

useTestEngine();

const shapes = fc.array(fc.array(fc.integer({ min: 1, max: 4 }), { maxLength: 4 }), { maxLength: 20 });
const size = (shape: readonly number[]) => shape.reduce((product, length) => product * length, 1);

test('every tensor should be in one pack, and a pack no larger than it may be', () => {
  fc.assert(
    fc.property(shapes, fc.integer({ min: 1, max: 300 }), (all, most) => {
      const packs = planPacks(all, most);
      const members = packs.flatMap((pack) => pack.members);
      expect([...members].sort((a, b) => a - b)).toEqual(all.map((_, i) => i));
      for (const pack of packs) {
        expect(pack.shapes).toEqual(pack.members.map((member) => all[member]));
        if (pack.members.length > 1) expect(size(packShape(pack))).toBeLessThanOrEqual(most);
      }
    }),
  );
});

test('what is packed should come out again as it was', async () => {
  const given = [[3], [2, 2], [], [1, 2, 1, 3]].map((shape, i) =>
    tf.tensor(
      Float32Array.from({ length: size(shape) }, (_, at) => 10 * i + at),
      shape,
    ),
  );
  const [pack, ...others] = planPacks(
    given.map(({ shape }) => shape),
    1000,
  );
  expect(others).toEqual([]);
  const together = packed(pack!, given);
  expect(together.shape).toEqual(packShape(pack!));
  const back = unpacked(pack!, together);
  expect(back.map(({ shape }) => shape)).toEqual(given.map(({ shape }) => shape));
  for (const [i, tensor] of back.entries()) expect(await tensor.data()).toEqual(await given[i]!.data());
  tf.dispose([...given, together, ...back]);
});

test('the native engine should have a pack for every tensor, which is the tensor itself', () => {
  const packs = planPacks([[2], [3]]);
  expect(packs.map(({ members }) => members)).toEqual([[0], [1]]);
  const tensor = tf.zeros([2]);
  expect(packed(packs[0]!, [tensor])).toBe(tensor);
  expect(unpacked(packs[0]!, tensor)).toEqual([tensor]);
  tensor.dispose();
});
