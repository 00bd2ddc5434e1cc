import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';

const script = fileURLToPath(new URL('../../support/nativeDigest.mjs', import.meta.url));

interface Digest {
  simd: string;
  threads: number;
  error: number;
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
  test.each(['portable', 'avx2', 'avx512'])('should be accurate (%s, or the best below it)', (simd) => {
    expect(compute({ NVAE_SIMD: simd }).error).toBeLessThan(5e-6);
  });

  test('portable code should run when asked for', () => {
    expect(compute({ NVAE_SIMD: 'portable' }).simd).toBe('portable');
  });

  test('the same bits should come out for any number of threads', () => {
    const [one, two, five] = ['1', '2', '5'].map((threads) => compute({ NVAE_THREADS: threads }));
    expect([one!.threads, two!.threads, five!.threads]).toEqual([1, 2, 5]);
    expect(two!.digest).toBe(one!.digest);
    expect(five!.digest).toBe(one!.digest);
  });
});
