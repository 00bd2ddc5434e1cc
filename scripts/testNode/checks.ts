import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { emojiFolder } from '../emojiFolder.js';

export interface Options {
  readonly seconds: string;
  readonly tests?: readonly string[];
}

export interface Outcome {
  readonly name: string;
  readonly ok: boolean;
  readonly seconds: number;
}

/** Arguments of Node, of each command of a check. `folder` is an empty one. */
type Check = (options: Options, folder: string) => readonly (readonly string[])[];

const root = fileURLToPath(new URL('../../', import.meta.url));
const nvae = join(root, 'dist/cli/main.js');
const engine = ['--engine', 'native'];
const jest = ['--no-warnings', '--experimental-vm-modules', join(root, 'node_modules/jest/bin/jest.js')];
const fast = ['--config', 'jest.fast.config.js'];

export const checks: Readonly<Record<string, Check>> = {
  build: () => [[join(root, 'scripts/build-native.mjs'), '--strict']],
  load: () => [[nvae, 'doctor', ...engine]],
  demo: ({ seconds }, folder) => {
    return [
      [nvae, 'train', 'demo', '--dataset', emojiFolder, '--folder', folder, '--seconds', seconds, ...engine],
      [
        nvae,
        'sample',
        join(folder, 'saved_weights/demo.checkpoint'),
        '0.8',
        '--out',
        join(folder, 'a.png'),
        ...engine,
      ],
    ];
  },
  tests: ({ tests }) =>
    tests
      ? [[...jest, ...tests]]
      : [
          [...jest, ...fast],
          [...jest, '__tests__/engine/native'],
        ],
};

/** Runs the commands of a check, up to the first that fails. Programs that they start by name get the same Node. */
export function run(node: string, check: Check, options: Options) {
  const folder = mkdtempSync(join(tmpdir(), 'nvae-node-'));
  const env = { ...process.env, PATH: `${dirname(node)}${delimiter}${process.env.PATH}` };
  const begin = performance.now();
  let output = '';
  const ok = check(options, folder).every((args) => {
    const { status, stdout, stderr, error } = spawnSync(node, args, {
      cwd: root,
      env,
      encoding: 'utf8',
      maxBuffer: 1 << 28,
    });
    output += `${stdout}${stderr}${error?.message ?? ''}`;
    return status === 0;
  });
  rmSync(folder, { recursive: true, force: true });
  return { ok, output, seconds: (performance.now() - begin) / 1000 };
}
