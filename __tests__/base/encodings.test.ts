import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { encodingAt, joinEncodings } from '../../src/base/encodings.js';
import { encodingArbitrary } from '../support/encodings.js';

describe('joinEncodings', () => {
  test('should put back together what encodingAt took apart', () => {
    fc.assert(
      fc.property(encodingArbitrary(), (encoding) => {
        const single = encoding.names.map((_, i) => encodingAt(encoding, i));
        expect(joinEncodings(single)).toEqual(encoding);
        for (const { latents } of single) expect(latents[0]?.shape[0]).toBe(1);
      }),
    );
  });

  test('should refuse none, and shapes that differ', () => {
    const encoding = (width: number) => ({
      names: ['a'],
      latents: [
        { dtype: 'float32' as const, shape: [1, 1, width, 1] as const, data: new Float32Array(width) },
      ],
    });
    expect(() => joinEncodings([])).toThrow('joinEncodings: expected an encoding, got none');
    expect(() => joinEncodings([encoding(1), encoding(2)])).toThrow(
      'joinEncodings: latent group 0: expected [1,1,1,1], got [1,1,2,1]',
    );
  });
});
