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

/** What uses subgroups where a device has them. */
const withSums = ['spectralPenalties', 'largestMagnitudes', 'globalNorm'];

onDevice.each([
  ['every kernel', true, []],
  ['without subgroups, every kernel that uses them', false, withSums],
] as const)(
  '%s computes what its definition in float64 does, with the same bits in every run, and leaves no tensor',
  (_, subgroups, names) => {
    const script = ['--import', 'tsx', '__tests__/support/webgpuKernels.ts', '6', ...names];
    const printed = execFileSync(process.execPath, script, {
      env: { ...process.env, ...softwareVulkan, ...(!subgroups && { WITHOUT_SUBGROUPS: '1' }) },
      encoding: 'utf8',
      timeout: 800_000,
    });
    const outcomes = printed
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Outcome);
    expect(outcomes.length).toBeGreaterThan(names.length > 0 ? names.length - 1 : 15);
    const rest = { same: true, left: 0, ...(hasSoftwareVulkan && { subgroups }) };
    for (const outcome of outcomes) expect(outcome).toMatchObject(rest);
    expect(outcomes.filter(({ error }) => !(error < 1e-5))).toEqual([]);
  },
  820_000,
);
