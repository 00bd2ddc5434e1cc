/**
 * Runs on a software Vulkan device (SwiftShader, from Debian's package chromium-common) or on whatever GPU there is. In a process
 * of its own: Dawn makes typed arrays that are foreign to jest's realm, and the process must end by itself.
 */
import { execFileSync } from 'node:child_process';
import { beforeAll, expect, test } from '@jest/globals';
import { chooseEngine } from '../../src/engine/chooseEngine.js';
import { webgpuLoader } from '../../src/engine/webgpu/loader.js';
import { hasSoftwareVulkan, softwareVulkan } from '../support/softwareVulkan.js';

interface OnBoth {
  readonly webgpu: number[][];
  readonly cpu: number[][];
}

interface Outcome {
  readonly report: { readonly usable: boolean; readonly chosenByAuto: boolean; readonly reason: string };
  readonly results: {
    readonly gradients: OnBoth;
    readonly ofMany: OnBoth;
    readonly failures: Readonly<Record<string, string>>;
  } | null;
}

/** One process for all tests: its standard output is that one line and nothing of Dawn's. */
function run(): Outcome {
  const script = '__tests__/support/webgpuSteps.ts';
  const printed = execFileSync(process.execPath, ['--import', 'tsx', script], {
    env: { ...process.env, ...softwareVulkan },
    encoding: 'utf8',
    timeout: 200_000,
  });
  return JSON.parse(printed) as Outcome;
}

let outcome: Outcome;
beforeAll(() => {
  outcome = run();
  const { results, report } = outcome;
  if (results) return;
  if (hasSoftwareVulkan) throw new Error(`webgpu: the software device does not work: ${report.reason}`);
  process.stderr.write(
    `webgpu is not tested: ${report.reason}; apt-get install chromium-common brings a device\n`,
  );
}, 220_000);

function expectSame({ webgpu, cpu }: OnBoth): void {
  expect(webgpu).toHaveLength(cpu.length);
  cpu.forEach((expected, i) => {
    const actual = webgpu[i] ?? [];
    expect(actual).toHaveLength(expected.length);
    const scale = Math.max(...expected.map(Math.abs));
    const errors = expected.map((value, k) => Math.abs(value - (actual[k] ?? Number.NaN)) / scale);
    expect(Math.max(...errors)).toBeLessThan(1e-5);
  });
}

test('a software device is never taken by itself, and an engine that is missing says why', () => {
  const { report } = outcome;
  if (hasSoftwareVulkan) expect(report.chosenByAuto).toBe(false);
  if (!report.usable) expect(report.reason).not.toBe('');
});

test('gradients are those of the cpu engine', () => {
  if (outcome.results) expectSame(outcome.results.gradients);
});

test('operations take any number of tensors', () => {
  if (outcome.results) expectSame(outcome.results.ofMany);
});

test('what the device cannot do is an error, and the engine can be started anew after one', () => {
  if (!outcome.results) return;
  const refused =
    /^EngineFailedError: engine webgpu: a validation error: Buffer size \(\d+\) exceeds .*\(in \[Device\].CreateBuffer\); try again/;
  const lost = /^EngineFailedError: engine webgpu: device lost \(destroyed\): .*; try again/;
  expect(outcome.results.failures).toEqual({
    'too large': expect.stringMatching(
      /^RangeError: engine webgpu: a tensor of shape \[\d+,1024\] is too large for the device \(\d+ MiB, at most \d+ MiB, its max\w+\); use a smaller batch_size/,
    ),
    'still works': 'no error',
    'read synchronously': expect.stringContaining('engine webgpu: dataSync() cannot read from the device'),
    'refused before an operation': expect.stringMatching(refused),
    'refused before reading': expect.stringMatching(refused),
    'refused while reading': expect.stringMatching(refused),
    'lost while reading': expect.stringMatching(lost),
    'lost before': expect.stringMatching(lost),
    'works again': 'no error',
  });
});

const missing = (name: string) =>
  Object.assign(new Error(`Cannot find package '${name}' imported from loader.js`), {
    code: 'ERR_MODULE_NOT_FOUND',
  });

test.each([
  ['webgpu', missing('webgpu'), 'the package webgpu is not installed'],
  [
    'webgpu',
    new Error('dawn.node: file too short\nstack'),
    'the package webgpu does not work: dawn.node: file too short',
  ],
  [
    '@tensorflow/tfjs-backend-webgpu',
    missing('@tensorflow/tfjs-backend-webgpu'),
    'the package @tensorflow/tfjs-backend-webgpu is not installed',
  ],
  [
    '@tensorflow/tfjs-backend-webgpu',
    new SyntaxError('Unexpected end of input'),
    'the package @tensorflow/tfjs-backend-webgpu does not work: Unexpected end of input',
  ],
  [
    '@tensorflow/tfjs-backend-webgpu',
    missing('@tensorflow/tfjs-core'),
    "the package @tensorflow/tfjs-backend-webgpu does not work: Cannot find package '@tensorflow/tfjs-core'",
  ],
])('where %s cannot be loaded the engine says so by name', async (broken, error, reason) => {
  const loader = webgpuLoader(async (name) => {
    if (name === broken) throw error;
    return {};
  });
  const found = await loader.probe();
  expect(found).toMatchObject({ usable: false, reason: expect.stringContaining(reason) });
  expect(JSON.stringify(found)).not.toContain('stack');
  await expect(chooseEngine('webgpu', [loader])).rejects.toThrow(
    /^engine webgpu: not usable here: .*How to get it: npm install webgpu/,
  );
});
