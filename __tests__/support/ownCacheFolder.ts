import { afterAll, beforeEach } from '@jest/globals';

/**
 * Call at the top of a test file, after `useTemporaryFolder`: indexes and other files that outlast a run are kept in a folder of the
 * test instead of the user's.
 *
 * @param inFolder what `useTemporaryFolder` returned
 */
export function useOwnCacheFolder(inFolder: (...names: string[]) => string): void {
  const { XDG_CACHE_HOME: before } = process.env;
  beforeEach(() => {
    process.env.XDG_CACHE_HOME = inFolder('cache');
  });
  afterAll(() => {
    if (before === undefined) delete process.env.XDG_CACHE_HOME;
    else process.env.XDG_CACHE_HOME = before;
  });
}
