/** `npm run gpu-report`, on the software device: what it writes, and what it says of wrong options. */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import type { GpuReport } from '../../scripts/gpuReport/report.js';
import { webgpuKernels } from '../../src/engine/webgpu/kernels/register.js';
import { hasSoftwareVulkan, softwareVulkan } from '../support/softwareVulkan.js';
import { useTemporaryFolder } from '../support/temporaryFolder.js';

const inFolder = useTemporaryFolder();

function gpuReport(...args: string[]) {
  const command = ['--import', 'tsx', 'scripts/gpuReport.ts', ...args];
  const env = { ...process.env, ...softwareVulkan };
  return spawnSync(process.execPath, command, { env, encoding: 'utf8' });
}

test.each([
  [['--engine', 'native'], 'gpu-report: --engine: expected webgpu or tensorflow, got "native"', 2],
  [['--reference', '/no/such'], 'gpu-report: --reference: there is no folder /no/such', 2],
  [['--fast'], "error: unknown option '--fast'", 1],
])('%j gets one error', (args, message, code) => {
  const { status, stderr } = gpuReport(...args);
  expect([stderr.trim(), status]).toEqual([message, code]);
});

(hasSoftwareVulkan ? test : test.skip)(
  'should write one JSON and one page, which say that the device is software',
  () => {
    const { status, stderr } = gpuReport('--quick', '--engine', 'webgpu', '--out', inFolder('out'));
    expect([status, stderr]).toEqual([0, expect.stringContaining('leak test')]);
    const names = readdirSync(inFolder('out')).sort();
    expect(names).toEqual([
      expect.stringMatching(/^\d{4}-\d\d-\d\d-swiftshader.*\.json$/),
      expect.stringMatching(/^\d{4}-\d\d-\d\d-swiftshader.*\.md$/),
    ]);
    const [json, page] = names.map((name) => readFileSync(join(inFolder('out'), name), 'utf8'));
    const { engines, isQuick } = JSON.parse(json!) as GpuReport;
    expect(isQuick).toBe(true);
    expect(engines).toHaveLength(1);
    const { engine, isSoftware, doctor, parity, kernels, steps, leak } = engines[0]!;
    expect({ engine, isSoftware, doctor: doctor.ok }).toEqual({
      engine: 'webgpu',
      isSoftware: true,
      doctor: true,
    });
    expect(parity).toMatchObject({ ok: true, result: [{ case: 'distributions', passed: true }] });
    expect(steps).toEqual([expect.objectContaining({ ok: true })]);
    if (!kernels?.ok || !leak.ok) throw new Error(`a part failed: ${json}`);
    const ours = new Set(webgpuKernels.map(({ name }) => name));
    expect(kernels.result.kernels.length).toBeGreaterThan(15);
    for (const { name, seconds, bytes, dispatches, copies } of kernels.result.kernels) {
      expect(ours).toContain(name);
      expect(Math.min(seconds, bytes, dispatches + copies)).toBeGreaterThan(0);
    }
    expect(kernels.result.peaks.copyBytesPerSecond).toBeGreaterThan(0);
    expect(kernels.result.peaks.fmaFlops).toBeGreaterThan(0);
    expect(leak.result.after.tensors).toBe(leak.result.before.tensors);
    expect(page).toContain('**This is a software device, not a GPU. Its times say nothing about a card.**');
    for (const { name } of kernels.result.kernels) expect(page).toContain(`| ${name} |`);
  },
  600_000,
);
