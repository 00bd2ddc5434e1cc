/** `npm ci` refuses a lock file that lacks the optional packages of other platforms, and `npm install` would add them. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';

interface LockedPackage {
  readonly dependencies?: Record<string, string>;
  readonly optionalDependencies?: Record<string, string>;
  readonly resolved?: string;
  readonly integrity?: string;
  readonly libc?: readonly string[];
  readonly hasInstallScript?: boolean;
}

describe.each(['package-lock.json', 'tools/package-lock.json'])('%s', (file) => {
  const text = readFileSync(new URL(`../${file}`, import.meta.url), 'utf8');
  const { '': _root, ...packages } = JSON.parse(text).packages as Record<string, LockedPackage>;
  const names = new Set(Object.keys(packages).map((path) => path.split('node_modules/').pop()));

  test('should lock every package that another one may install, on any platform', () => {
    const wanted = Object.values(packages).flatMap((entry) =>
      Object.keys({ ...entry.dependencies, ...entry.optionalDependencies }),
    );
    expect(wanted.filter((name) => !names.has(name))).toEqual([]);
  });

  test('should know the hash of every package and name no place to get it from', () => {
    expect(Object.keys(packages).filter((path) => !packages[path]?.integrity)).toEqual([]);
    expect(Object.keys(packages).filter((path) => packages[path]?.resolved)).toEqual([]);
  });

  test('should have no field that npm 10, which comes with Node 20, takes out', () => {
    expect(Object.keys(packages).filter((path) => packages[path]?.libc)).toEqual([]);
  });

  test('should say of every install script whether it may run, so that npm 11 does not ask', () => {
    const { allowScripts } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
    const withScript = Object.keys(packages).filter((path) => packages[path]?.hasInstallScript);
    expect(withScript.map((path) => path.split('node_modules/').pop())).toEqual(
      file === 'package-lock.json' ? Object.keys(allowScripts) : [],
    );
  });
});
