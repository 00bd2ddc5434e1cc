/** The packages with compiled addons: which there are, and what is in them besides the addon. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterEach, expect, test } from '@jest/globals';
import { prebuiltPackage } from '../../src/engine/native/addonFiles.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const script = (name: string) => import(pathToFileURL(join(root, 'scripts/build-prebuilt', name)).href);
const { platforms, pickPlatforms } = await script('platforms.mjs');
const { writePackage } = await script('writePackage.mjs');

const made: string[] = [];
afterEach(() => {
  for (const folder of made.splice(0)) rmSync(folder, { recursive: true });
});

test.each(platforms)('the package for $name should be the one that is looked for there', (platform) => {
  const folder = mkdtempSync(join(tmpdir(), 'nvae-prebuilt-'));
  made.push(folder);
  writePackage(root, folder, platform);
  const { name, version, os, cpu, libc } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  expect(name).toBe(prebuiltPackage(os[0], cpu[0], libc?.[0] ?? null));
  expect(version).toBe(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).version);
});

test('should name the platforms there are when one is asked for that is none of them', () => {
  expect(pickPlatforms(['darwin-arm64']).map(({ target }: { target: string }) => target)).toEqual([
    'aarch64-macos.13.0',
  ]);
  expect(() => pickPlatforms(['linux-ia32'])).toThrow(
    /^there is no platform "linux-ia32"; there are linux-x64, linux-arm64, .*, win32-x64$/,
  );
});
