/** Code in the documentation compiles against the sources, and examples are shown as they are. */
import { spawnSync } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';

const root = fileURLToPath(new URL('..', import.meta.url));

/** What the examples leave to the reader. */
const given = `
declare function assertEqual(actual: unknown, expected: unknown): void;
declare const expect: { anything(): unknown };
declare const image: import('rx-nvae').ImageBatch;
declare const result: import('rx-nvae').StepResult;
`;

test('should compile, and be what the example is that it shows', async () => {
  const folder = await mkdtemp(join(root, '.docs-'));
  try {
    const pages = [
      join(root, 'README.md'),
      ...(await readdir(join(root, 'docs'), { recursive: true })).map((name) => join(root, 'docs', name)),
    ];
    let count = 0;
    for (const page of pages.filter((name) => name.endsWith('.md'))) {
      const blocks = (await readFile(page, 'utf8')).matchAll(/^```ts\n(.*?)^```$/gms);
      for (const [, code = ''] of blocks) {
        count += 1;
        const shown = /^\/\/ (examples\/\S+\.ts)\n/.exec(code)?.[1];
        if (shown) expect(code).toBe(await readFile(join(root, shown), 'utf8'));
        await writeFile(join(folder, `${basename(page, '.md')}${count}.ts`), `${code}\nexport {};\n`);
      }
    }
    expect(count).toBeGreaterThan(6);
    await writeFile(join(folder, 'given.d.ts'), given);
    const compilerOptions = {
      noUnusedLocals: false,
      paths: { 'rx-nvae': ['../src/index.ts'], 'rx-nvae/*': ['../src/entries/*.ts'] },
    };
    const settings = { extends: '../tsconfig.json', compilerOptions, include: ['*.ts'], exclude: [] };
    await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(settings));
    const tsc = join(root, 'node_modules/.bin/tsc');
    const { stdout, status } = spawnSync(tsc, ['--noEmit', '-p', folder], { encoding: 'utf8' });
    expect(stdout).toBe('');
    expect(status).toBe(0);
  } finally {
    await rm(folder, { recursive: true });
  }
});
