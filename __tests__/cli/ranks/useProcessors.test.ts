import { describe, expect, test } from '@jest/globals';
import { threadsOfRank } from '../../../src/cli/ranks/useProcessors.js';

describe('the threads of a rank', () => {
  test('should share the processors of the machine', () => {
    expect(threadsOfRank(2, { cores: 16, quota: null }, 16)).toEqual({ threads: 8, warning: null });
    expect(threadsOfRank(3, { cores: 16, quota: null }, 16)).toEqual({ threads: 5, warning: null });
    expect(threadsOfRank(1, { cores: 4, quota: null }, 4)).toEqual({ threads: 4, warning: null });
  });

  test('should be at least one', () => {
    expect(threadsOfRank(5, { cores: 2, quota: null }, 2)).toEqual({ threads: 1, warning: null });
  });

  test('should be those that the launcher has bound the rank to', () => {
    expect(threadsOfRank(4, { cores: 4, quota: null }, 16)).toEqual({ threads: 4, warning: null });
    expect(threadsOfRank(2, { cores: 8, quota: null }, 32)).toEqual({
      threads: 8,
      warning:
        'each rank may use 8 of the 32 processors of its machine; to use all, pass --bind-to none to mpirun',
    });
  });

  test('should share the quota of a container', () => {
    expect(threadsOfRank(2, { cores: 16, quota: 4 }, 16)).toEqual({ threads: 2, warning: null });
  });
});
