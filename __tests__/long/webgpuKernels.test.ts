/**
 * Our own kernels for WebGPU, on a software device or on whatever GPU there is, against definitions in float64. In a process of its own, as
 * webgpu.test.ts.
 */
import { execFileSync } from 'node:child_process';
import { expect, test } from '@jest/globals';
import { hasSoftwareVulkan, softwareVulkan } from '../support/softwareVulkan.js';

interface Outcome {
  readonly name: string;
  /** The largest error of a result or gradient, in relation to its largest value. */
  readonly error: number;
  /** Which that was. */
  readonly of: string;
  /** Of the inputs where that was. */
  readonly shapes: readonly (readonly number[])[];
  /** Whether a second run had the same bits. */
  readonly same: boolean;
  /** Tensors that were left. */
  readonly left: number;
}

const onDevice = hasSoftwareVulkan ? test : test.skip;

onDevice(
  'every kernel computes what its definition in float64 does, with the same bits in every run, and leaves no tensor',
  () => {
    const script = '__tests__/support/webgpuKernels.ts';
    const printed = execFileSync(process.execPath, ['--import', 'tsx', script], {
      env: { ...process.env, ...softwareVulkan },
      encoding: 'utf8',
      timeout: 800_000,
    });
    const outcomes = printed
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Outcome);
    expect(outcomes.length).toBeGreaterThan(15);
    for (const outcome of outcomes) expect(outcome).toMatchObject({ same: true, left: 0 });
    expect(outcomes.filter(({ error }) => !(error < 1e-5))).toEqual([]);
  },
  820_000,
);
