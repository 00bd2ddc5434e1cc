/**
 * Kernels for whole layers and for many weights on WebGPU, on a software device or on whatever GPU there is, against definitions in double
 * precision. In a process of its own, as webgpu.test.ts.
 */
import { execFileSync } from 'node:child_process';
import { expect, test } from '@jest/globals';
import { hasSoftwareVulkan, softwareVulkan } from '../support/softwareVulkan.js';

const onDevice = hasSoftwareVulkan ? test : test.skip;

onDevice.each([
  ['with', {}],
  ['without', { WITHOUT_SUBGROUPS: '1' }],
] as const)(
  'layers and power iterations, %s subgroups, follow their definitions, with the same bits in every run, and leave no tensor',
  (_, settings) => {
    const printed = execFileSync(process.execPath, ['--import', 'tsx', '__tests__/support/webgpuLayers.ts'], {
      env: { ...process.env, ...softwareVulkan, ...settings },
      encoding: 'utf8',
      timeout: 400_000,
    });
    const outcomes = printed
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { readonly name: string; readonly error: number });
    expect(outcomes.length).toBeGreaterThan(10);
    for (const outcome of outcomes) expect(outcome).toMatchObject({ complete: true, same: true, left: 0 });
    expect(outcomes.filter(({ error }) => !(error < 1e-5))).toEqual([]);
  },
  420_000,
);
