/**
 * The package as npm publishes it, in a strict project of somebody else: its programs (`project/`) compile and run. What it
 * depends on is linked instead of installed; `.ci/run` installs it.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { build, stop } from 'esbuild';

const root = fileURLToPath(new URL('../..', import.meta.url));
const modules = join(root, 'node_modules');
const { dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
/** What the project itself has: its peer, its compiler, and types of what it uses. */
const own = ['rxjs', 'typescript', '@types/node', '@types/react'];
const project = mkdtempSync(join(tmpdir(), 'nvae-project-'));
const node = (...args: readonly string[]) =>
  execFileSync(process.execPath, args, { cwd: project, encoding: 'utf8' });

beforeAll(() => {
  const pack = ['pack', '--ignore-scripts', '--json', '--pack-destination', project];
  const [{ filename }] = JSON.parse(execFileSync('npm', pack, { cwd: root, encoding: 'utf8' }));
  execFileSync('tar', ['-xzf', join(project, filename), '-C', project]);
  mkdirSync(join(project, 'node_modules'));
  cpSync(join(project, 'package'), join(project, 'node_modules/rx-nvae'), { recursive: true });
  for (const name of new Set([...Object.keys(dependencies), ...own])) {
    mkdirSync(dirname(join(project, 'node_modules', name)), { recursive: true });
    symlinkSync(join(modules, name), join(project, 'node_modules', name));
  }
  cpSync(join(root, '__tests__/entries/project'), project, { recursive: true });
  writeFileSync(join(project, 'package.json'), '{ "private": true, "type": "module" }');
}, 120_000);

afterAll(() => rmSync(project, { recursive: true, force: true }));

describe('installed package', () => {
  test('should compile in a strict project, its own types checked as well', () => {
    expect(compile()).toEqual([]);
  }, 120_000);

  test.each(['run', 'model', 'ui', 'streams'])(
    'should run a program over its entry %s',
    (entry) => {
      node(`out/${entry}.js`);
    },
    60_000,
  );

  test('should be bundled for a browser without modules of Node', async () => {
    const { metafile } = await build({
      stdin: { contents: `export * from 'rx-nvae/model'`, resolveDir: project },
      bundle: true,
      platform: 'browser',
      format: 'esm',
      write: false,
      metafile: true,
    });
    await stop();
    const imported = Object.values(metafile.outputs).flatMap(({ imports }) => imports);
    expect(imported).toEqual([]);
  }, 60_000);
});

/** Errors in the programs and in the package's own types. Those of tfjs 4 do not pass without `skipLibCheck`. */
function compile(): string[] {
  try {
    node('node_modules/typescript/bin/tsc', '-p', '.', '--pretty', 'false');
    return [];
  } catch (error) {
    const lines = String((error as { stdout?: string }).stdout).split('\n');
    return lines.filter((line) => /^(?!\.\.|node_modules\/(?!rx-nvae\/)).*: error TS/.test(line));
  }
}
