/** What `npm run release` makes of the package and of the changelog, and what it sends to a registry. */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, describe, expect, test } from '@jest/globals';

const root = fileURLToPath(new URL('../..', import.meta.url));
const scripts = pathToFileURL(join(root, 'scripts/')).href;
const { sectionOf } = await import(`${scripts}release/changelog.mjs`);
const { packFolder, publishedManifest } = await import(`${scripts}release/pack.mjs`);
const { platforms } = await import(`${scripts}build-prebuilt/platforms.mjs`);

const work = mkdtempSync(join(tmpdir(), 'nvae-release-test-'));
afterAll(() => rmSync(work, { recursive: true }));

describe('the section of the changelog', () => {
  const text =
    '# Changelog\n\n## Unreleased\n\n- new\n\n## 0.1.0 (2026-11-27)\n\n- first\n\n### Fixed\n\n- a\n';

  test('should be that of the version, up to the next one', () => {
    expect(sectionOf(text, '0.1.0')).toEqual({
      heading: '0.1.0 (2026-11-27)',
      text: '- first\n\n### Fixed\n\n- a',
      isOfVersion: true,
    });
  });

  test('should be the unreleased one otherwise', () => {
    expect(sectionOf(text, '0.1')).toMatchObject({
      heading: 'Unreleased',
      text: '- new',
      isOfVersion: false,
    });
    expect(() => sectionOf('# Changelog\n', '0.1.0')).toThrow('neither "## 0.1.0" nor "## Unreleased"');
  });
});

describe('the published package', () => {
  const manifest = publishedManifest(
    {
      name: 'rx-nvae',
      version: '1.2.3',
      scripts: { install: 'a', prepare: 'b', 'build:native': 'c', 'link:tensorflow': 'd' },
      dependencies: { rxjs: '7' },
      devDependencies: { jest: '30' },
      allowScripts: { esbuild: false },
    },
    platforms,
  );

  test('should run nothing when it is installed', () => {
    expect(manifest.scripts).toEqual({ 'build:native': 'c', 'link:tensorflow': 'd' });
    expect(manifest).toMatchObject({ gypfile: false, dependencies: { rxjs: '7' } });
    expect(Object.keys(manifest)).not.toEqual(expect.arrayContaining(['devDependencies']));
  });

  test('should come with the addons of its own version, each for one platform', () => {
    expect(manifest.optionalDependencies).toMatchObject({
      '@rx-nvae/native-linux-x64': '1.2.3',
      '@rx-nvae/native-linuxmusl-arm64': '1.2.3',
      '@rx-nvae/native-win32-x64': '1.2.3',
    });
  });
});

test('should send a tarball to the registry of npm, with its checksum', async () => {
  writeFileSync(join(work, 'package.json'), JSON.stringify({ name: 'some-package', version: '1.0.0' }));
  const { file, integrity, package: name } = packFolder(work, work);
  const received: { url?: string; body: string }[] = [];
  const registry = createServer(async (request, response) => {
    let body = '';
    for await (const part of request) body += part;
    if (request.method === 'PUT') received.push({ url: request.url, body });
    response
      .writeHead(request.method === 'PUT' ? 200 : 404, { 'content-type': 'application/json' })
      .end('{}');
  });
  await new Promise<void>((resolve) => registry.listen(0, '127.0.0.1', resolve));
  const { port } = registry.address() as AddressInfo;
  try {
    const program = `import { publish } from '${scripts}release/publish.mjs'; publish('${join(work, file)}');`;
    writeFileSync(
      join(work, '.npmrc'),
      `registry=http://127.0.0.1:${port}/\n//127.0.0.1:${port}/:_authToken=x\n`,
    );
    await promisify(execFile)(process.execPath, ['--input-type=module', '-e', program], { cwd: work });
  } finally {
    registry.close();
  }
  expect(received.map(({ url }) => url)).toEqual([`/${name}`]);
  const { versions } = JSON.parse(received[0]?.body ?? '');
  expect(versions['1.0.0'].dist.integrity).toBe(integrity);
}, 30_000);
