/**
 * The tests of model, training, gradients and fused operations on the other engines of this machine; on `native` they run by
 * themselves. Each engine has a process of its own: neither Dawn nor TensorFlow goes with jest's realm, and one that crashes
 * ends nothing else.
 * One file on one engine: `NVAE_TEST_ENGINE=wasm npm test -- __tests__/engine/ops.test.ts`.
 */
import { execFile, execFileSync } from 'node:child_process';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import type { EngineReport } from '../../src/engine/index.js';
import { built } from '../support/build/built.js';
import { hasSoftwareVulkan, softwareVulkan } from '../support/softwareVulkan.js';

const operations = [
  'engine/ops',
  'engine/spectralNorms',
  'engine/convolution',
  'model/layers',
  'model/distributions',
  'model/distributions/logisticLikelihood',
  'model/distributions/jointLogisticMixture',
  'model/evaluation/recordedNumbers',
];
const all = [
  ...operations,
  'model/nvae',
  'model/ownership',
  'training/trainer',
  'training/spectralRegularization',
  'training/lossFunction',
  'modelFiles/pretrained/scores',
];

interface Suite {
  readonly files: readonly string[];
  /** Only tests whose names match. @default all */
  readonly names?: string;
  /** Whether it is a failure that the engine does not work. */
  readonly isExpected: boolean;
}

/** `npm run parity` compares whole models and training steps on all of them; on `tensorflow` that may not be run elsewhere. */
const suites: Readonly<Record<string, Suite>> = {
  wasm: { files: all, isExpected: true },
  cpu: { files: operations, isExpected: true }, // the slowest
  // A GPU in software takes its time, too: what differs most from engine to engine, one of the largest cells, and training steps.
  webgpu: {
    files: ['engine/convolution', 'model/layers', 'training/trainer'],
    names:
      'a convolution|batch normalisation|squeeze-excitation|upsampling true|the same seed gives the same bits',
    isExpected: hasSoftwareVulkan,
  },
  tensorflow: { files: [...all, 'model/parity'], isExpected: false },
};

const environment = { ...process.env, ...softwareVulkan, TF_CPP_MIN_LOG_LEVEL: '2' };

/** What the engines of this machine are, found out where Dawn may be loaded. */
function enginesHere(): readonly EngineReport[] {
  const index = JSON.stringify(pathToFileURL(built('engine/index.js')).href);
  const program = `
    const { listEngines } = await import(${index});
    process.stdout.write(JSON.stringify(await listEngines()), () => process.exit());`;
  const args = ['--input-type=module', '-e', program];
  return JSON.parse(execFileSync(process.execPath, args, { env: environment, encoding: 'utf8' }));
}

/** jest, in a process of its own; what it printed where it fails. */
async function outcomeOf(engine: string, { files, names }: Suite): Promise<string> {
  const jest = fileURLToPath(new URL('../../node_modules/jest/bin/jest.js', import.meta.url));
  const paths = files.map((name) => `__tests__/${name}.test.ts`);
  const args = ['--no-warnings', '--experimental-vm-modules', jest, '--runInBand', '--forceExit'];
  if (names !== undefined) args.push('-t', names);
  const env = { ...environment, NVAE_TEST_ENGINE: engine };
  const options = { env, encoding: 'utf8', maxBuffer: 2 ** 26 } as const;
  return promisify(execFile)(process.execPath, [...args, '--runTestsByPath', ...paths], options).then(
    () => 'passed',
    (error: { stdout: string; stderr: string }) => `${error.stdout}\n${error.stderr}`,
  );
}

describe('the suite of every engine', () => {
  const found = enginesHere();
  for (const [engine, suite] of Object.entries(suites)) {
    const { usable, reason } = found.find(({ name }) => name === engine) ?? { usable: false, reason: '' };
    if (!usable && !suite.isExpected) {
      test.skip(`on ${engine}: SKIPPED, ${reason}`, () => undefined);
      continue;
    }
    test(`on ${engine}: ${suite.files.join(', ')}`, async () => {
      expect({ usable, reason }).toMatchObject({ usable: true });
      expect(await outcomeOf(engine, suite)).toBe('passed');
    }, 900_000);
  }
});
