import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';

const script = fileURLToPath(new URL('../../support/nativeDigest.mjs', import.meta.url));

interface Digest {
  simd: string;
  threads: number;
  error: number;
  winogradError: number;
  digest: string;
}

function compute(environment: Record<string, string>): Digest {
  const output = execFileSync(process.execPath, [script], {
    env: { ...process.env, ...environment },
    encoding: 'utf8',
  });
  return JSON.parse(output) as Digest;
}

describe('every instruction set', () => {
  test.each(['portable', 'avx2'])('should be accurate (%s, or the best below it)', (simd) => {
    const got = compute({ NVAE_SIMD: simd });
    expect(got.error).toBeLessThan(5e-6);
    expect(got.winogradError).toBeLessThan(2e-5);
    if (simd === 'portable') expect(got.simd).toBe('portable');
  });

  test('the best one should be accurate, and give the same bits for any number of threads', () => {
    const [one, two, five] = ['1', '2', '5'].map((threads) => compute({ NVAE_THREADS: threads }));
    expect([one!.threads, two!.threads, five!.threads]).toEqual([1, 2, 5]);
    expect(one!.error).toBeLessThan(5e-6);
    expect(one!.winogradError).toBeLessThan(2e-5);
    expect(two!.digest).toBe(one!.digest);
    expect(five!.digest).toBe(one!.digest);
  });
});
