/** Packages that do harm when they are loaded, in the place of tfjs-node. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from '@jest/globals';
import { inChild, lastLine } from '../../src/engine/foreign/inChild.js';
import { tensorflowLoader } from '../../src/engine/tensorflow/loader.js';
import { runCli } from '../support/runCli.js';
import { useTemporaryFolder } from '../support/temporaryFolder.js';

const folder = useTemporaryFolder();
const environment = { ...process.env };
afterEach(() => {
  process.env = { ...environment };
});

/** Makes a package that every process started from now on finds first. */
async function install(name: string, code: string): Promise<void> {
  const modules = join(folder(), name.replace(/\W/g, '-'));
  const place = join(modules, '@tensorflow/tfjs-node-gpu');
  await mkdir(place, { recursive: true });
  await writeFile(join(place, 'package.json'), '{ "version": "4.22.0", "main": "index.js" }');
  await writeFile(join(place, 'index.js'), code);
  process.env.NODE_PATH = modules;
}

/** As `useEngine` has it; whether the package is there is not what is asked here. */
const loader = (patience?: number) =>
  inChild({ ...tensorflowLoader(), missing: () => null }, patience ? { patience } : {});

const harm: Record<string, [string, RegExp]> = {
  aborts: [
    "process.stderr.write('cannot allocate\\nterminate called\\n'); process.abort();",
    /^it crashes while loading \(SIGABRT\): terminate called$/,
  ],
  'is killed': ["process.kill(process.pid, 'SIGSEGV');", /^it crashes while loading \(SIGSEGV\)$/],
  'ends the process': ['process.exit(3);', /^it ends the process while loading \(exit code 3\)$/],
};

describe('a package that', () => {
  test.each(Object.entries(harm))('%s is an engine that is not usable', async (name, [code, reason]) => {
    await install(name, code);
    expect(await loader().probe()).toEqual({
      usable: false,
      reason: expect.stringMatching(reason),
      broken: true,
    });
  });

  test('hangs is given up', async () => {
    await install('hangs', 'for (;;);');
    const reason = expect.stringMatching(/^it does not respond \(waited 0.5 s\)/);
    expect(await loader(500).probe()).toEqual({ usable: false, reason, broken: true });
  });

  test('aborts does not end nvae doctor, and what it writes to standard output is not in the report', async () => {
    await install('aborts again', "require('fs').writeSync(1, 'hello'); process.abort();");
    const { code, stdout, stderr } = await runCli(['doctor', '--engine', 'wasm', '--json']);
    expect([code, stderr]).toEqual([0, '']);
    const { engines } = JSON.parse(stdout) as { engines: { name: string }[] };
    expect(engines[0]).toMatchObject({
      name: 'tensorflow',
      usable: false,
      reason: expect.stringContaining('it crashes while loading (SIGABRT)'),
    });
    const asked = await runCli(['doctor', '--engine', 'tensorflow']);
    expect([asked.code, asked.stdout]).toEqual([1, '']);
    expect(asked.stderr).toMatch(/^nvae: engine tensorflow: not usable here: it crashes while loading/);
  });
});

test('an engine is tried once, and not at all where it is known to be missing', async () => {
  await install('counted', 'process.exit(4);');
  const known = loader();
  const tries = await Promise.all([known.probe(), known.probe()]);
  expect(tries[0]).toBe(tries[1]);
  const missing = inChild({ ...tensorflowLoader(), missing: () => 'it is not there' });
  expect(await missing.probe()).toEqual({ usable: false, reason: 'it is not there' });
});

test('the last line that says something is found in what a process printed', () => {
  const error = 'code:1\nError: no such symbol\n    at Object.<anonymous> (x.js:1:7)\n\nNode.js v20.20.2\n';
  expect(lastLine(error)).toBe('Error: no such symbol');
  expect(lastLine('out of memory\n----- Native stack trace -----\n\n 1: 0xc8e4a0 node::Abort()\n')).toBe(
    'out of memory',
  );
  expect(lastLine('')).toBe('');
});
