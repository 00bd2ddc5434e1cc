/** An old Node is told so in one line, before it meets a syntax that it does not understand. */
import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from '@jest/globals';
import { nodeVersionProblem } from '../../src/cli/start/nodeVersionProblem.js';
import { readManifest } from '../../src/cli/start/readManifest.js';
import { nvaeCommand } from '../support/runCli.js';

const { node: range } = readManifest().engines;

test.each(['18.20.8', '20.9.0', '14.21.3'])('Node %s should be refused', (version) => {
  expect(nodeVersionProblem(version, range)).toBe(
    `needs Node 20.10 or later (this is ${version}); see https://nodejs.org`,
  );
});

test.each(['20.10.0', '20.19.5', '22.0.0', '24.4.1', '25.0.0-nightly'])('Node %s should do', (version) => {
  expect(nodeVersionProblem(version, range)).toBeNull();
});

test('should end with one line, and load nothing else', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'nvae-old-'));
  try {
    const pretend = join(folder, 'pretend.mjs');
    await writeFile(pretend, "Object.defineProperty(process.versions, 'node', { value: '20.9.0' });\n");
    const [node = '', ...args] = nvaeCommand;
    const given = ['--import', pathToFileURL(pretend).href, ...args, 'doctor'];
    const { status, stderr } = spawnSync(node, given, { encoding: 'utf8' });
    expect(stderr).toBe('nvae: needs Node 20.10 or later (this is 20.9.0); see https://nodejs.org\n');
    expect(status).toBe(1);
  } finally {
    await rm(folder, { recursive: true });
  }
});
