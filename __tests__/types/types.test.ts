/** Expectations of types hold, and one that does not would be seen. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

const root = fileURLToPath(new URL('../..', import.meta.url));

const broken = `import { expectTypeOf } from 'expect-type';
import { images } from '../src/index.js';
expectTypeOf(images('photos')).toEqualTypeOf<string>();
// @ts-expect-error nothing is wrong with this
images('photos');
`;

/** Beside the sources, so that the compiler finds what they import. */
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(root, '.types-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('the compiler', () => {
  test('should accept every expectation in *.test-d.ts, and refuse broken ones', () => {
    writeFileSync(join(folder, 'broken.ts'), broken);
    const settings = { extends: '../tsconfig.json', include: ['*.ts', '../__tests__/types/*.test-d.ts'] };
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ ...settings, exclude: [] }));
    const tsc = join(root, 'node_modules/.bin/tsc');
    const args = ['--noEmit', '--pretty', 'false', '-p', folder];
    const { stdout } = spawnSync(tsc, [...args, '--listFiles'], { cwd: root, encoding: 'utf8' });
    expect(stdout).toMatch(/__tests__\/types\/streams\.test-d\.ts$/m);
    const errors = stdout.split('\n').filter((line) => /error TS/.test(line));
    expect(errors).toEqual([
      expect.stringMatching(/broken\.ts\(3,\d+\): error TS2344: .*string/),
      `${basename(folder)}/broken.ts(4,1): error TS2578: Unused '@ts-expect-error' directive.`,
    ]);
  });
});
