/** The workflow for GitHub knows the platforms of the packages and the supported versions of Node. */
import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { load } from 'js-yaml';
// @ts-expect-error: plain JavaScript
import { platforms } from '../../scripts/build-prebuilt/platforms.mjs';

interface Matrix {
  readonly platform: readonly string[];
  readonly node: readonly number[];
  readonly include: readonly { readonly platform: string }[];
}

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
const { jobs } = load(read('.github/workflows/ci.yml')) as {
  jobs: Record<'build' | 'install' | 'musl', { strategy: { matrix: Matrix } }>;
};

test('should install the packages of all platforms but those for musl on their systems', () => {
  const others = (platforms as { name: string; libc?: string }[]).filter(({ libc }) => libc !== 'musl');
  const { platform, include } = jobs.install.strategy.matrix;
  expect(platform).toEqual(others.map(({ name }) => name));
  expect(include.map((each) => each.platform)).toEqual(platform);
});

test.each(['build', 'install', 'musl'] as const)('should run on the lowest supported Node (%s)', (job) => {
  const [major] = /\d+/.exec(JSON.parse(read('package.json')).engines.node) ?? [];
  expect(Math.min(...jobs[job].strategy.matrix.node)).toBe(Number(major));
});
