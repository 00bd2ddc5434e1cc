import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { crc32 } from '../../src/base/crc32.js';
import { joinedCrc32 } from '../../src/base/joinedCrc32.js';

test('should be the CRC-32 of both parts', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), fc.uint8Array({ maxLength: 300 }), (first, second) => {
      const joined = joinedCrc32(crc32(first), crc32(second), second.length);
      expect(joined).toBe(crc32(Buffer.concat([first, second])));
    }),
  );
});

test('should know lengths of more than 32 bits', () => {
  const zeros = crc32(new Uint8Array(2 ** 20));
  let [crc, length] = [zeros, 2 ** 20];
  for (; length < 2 ** 34; length *= 2) crc = joinedCrc32(crc, crc, length);
  expect(crc).toBe(0x2144df1c); // zlib.crc32 of Python for 2 ** 34 zeros
});
