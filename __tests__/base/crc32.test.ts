import { expect, test } from '@jest/globals';
import { crc32 as library } from '@node-rs/crc32';
import fc from 'fast-check';
import { crc32 } from '../../src/base/crc32.js';

test('should give the known checksum of the digits', () => {
  expect(crc32(new TextEncoder().encode('123456789'))).toBe(0xcbf43926);
  expect(crc32(new Uint8Array())).toBe(0);
});

test('should give the checksums of another library, for bytes at once and in pieces', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100, size: 'max' }), fc.nat(100), (bytes, cut) => {
      expect(crc32(bytes)).toBe(library(Buffer.from(bytes)));
      expect(crc32(bytes.subarray(cut), crc32(bytes.subarray(0, cut)))).toBe(crc32(bytes));
    }),
  );
});
