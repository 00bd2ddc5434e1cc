/** What the published package holds. */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';

const root = fileURLToPath(new URL('..', import.meta.url));
const npm = ['pack', '--dry-run', '--json', '--ignore-scripts'];
const [packed] = JSON.parse(execFileSync('npm', npm, { cwd: root, encoding: 'utf8' }));
const paths: string[] = packed.files.map(({ path }: { path: string }) => path);

test('should not be the addon of the machine that packs, which runs on no other', () => {
  expect(existsSync(`${root}/native/build/nvae.node`)).toBe(true);
  expect(paths.filter((path) => path.startsWith('native/build'))).toEqual([]);
});

test('should be all that the addon is built from', () => {
  const sources = readdirSync(`${root}/native`, { recursive: true, encoding: 'utf8' })
    .filter((path) => /\.\w+$/.test(path) && !path.startsWith('build/'))
    .map((path) => `native/${path}`);
  expect(sources.length).toBeGreaterThan(20);
  const scripts = readdirSync(`${root}/scripts/build-native`).map((name) => `scripts/build-native/${name}`);
  expect(paths).toEqual(
    expect.arrayContaining([...sources, ...scripts, 'scripts/build-native.mjs', 'binding.gyp']),
  );
});

test('should be what links TensorFlow, and none of what that has installed here', () => {
  const scripts = readdirSync(`${root}/scripts/link-tensorflow`);
  const expected = scripts.map((name) => `scripts/link-tensorflow/${name}`);
  expect(paths).toEqual(expect.arrayContaining([...expected, 'scripts/link-tensorflow.mjs']));
  expect(paths.filter((path) => path.startsWith('.tensorflow'))).toEqual([]);
});

test('should be what runs and what explains it, and no tests, benches or maps of sources', () => {
  const others = paths.filter(
    (path) =>
      !/^(dist|docs|examples|native|model_configs|pretrained|scripts\/(build-native|link-tensorflow)(\.mjs$|\/)|[^/]+$)/.test(
        path,
      ) || /\.map$|^docs\/api|^examples\/output/.test(path),
  );
  expect(others).toEqual([]);
});

test('should be what its documents link to', () => {
  const documents = paths.filter((path) => path.endsWith('.md'));
  const linked = documents.flatMap((path) =>
    [...readFileSync(join(root, path), 'utf8').matchAll(/\]\(([^)#\s]+)/g)]
      .map(([, target]) => target as string)
      .filter((target) => !/^[a-z]+:/.test(target))
      .map((target) => normalize(join(dirname(path), target))),
  );
  expect(linked.length).toBeGreaterThan(50);
  const isThere = (target: string) => paths.some((path) => path === target || path.startsWith(`${target}/`));
  expect([...new Set(linked)].filter((target) => !isThere(target.replace(/\/$/, '')))).toEqual([]);
});
