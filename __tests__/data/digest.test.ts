import { createHash } from 'node:crypto';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { digest } from '../../src/data/digest.js';

test('digest should be that of all parts, whether they are texts or bytes, few or many', () => {
  const part = fc.oneof(
    fc.string({ unit: 'grapheme' }),
    fc.uint8Array().map((bytes) => Buffer.from(bytes)),
    fc.integer({ min: 0, max: 2 ** 17 }).map((length) => 'é'.repeat(length)),
  );
  fc.assert(
    fc.property(fc.array(part), (parts) => {
      const all = Buffer.concat(parts.map((one) => Buffer.from(one as string)));
      const expected = createHash('sha256').update(all).digest('hex').slice(0, 16);
      expect(digest(parts)).toBe(expected);
    }),
    { numRuns: 50 },
  );
});
