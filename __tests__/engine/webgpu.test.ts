/**
 * Runs on a software Vulkan device (SwiftShader, from Debian's package chromium-common) or on whatever GPU there is. In a process
 * of its own: Dawn makes typed arrays that are foreign to jest's realm, and the process must end by itself.
 */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { expect, test } from '@jest/globals';

const chromium = '/usr/lib/chromium';
const softwareDevice = `${chromium}/vk_swiftshader_icd.json`;

interface Outcome {
  readonly report: { readonly usable: boolean; readonly chosenByAuto: boolean; readonly reason: string };
  readonly gradients: { readonly webgpu: number[][]; readonly cpu: number[][] } | null;
}

function run(): Outcome {
  const environment = existsSync(softwareDevice)
    ? { VK_ICD_FILENAMES: softwareDevice, VK_DRIVER_FILES: softwareDevice, LD_LIBRARY_PATH: chromium }
    : {};
  const script = '__tests__/support/webgpuSteps.ts';
  const printed = execFileSync(process.execPath, ['--import', 'tsx', script], {
    env: { ...process.env, ...environment },
    encoding: 'utf8',
    timeout: 100_000,
  });
  return JSON.parse(printed) as Outcome;
}

test('gradients are those of the cpu engine, and the process ends', () => {
  const { report, gradients } = run();
  if (!gradients) {
    expect(report.reason).not.toBe('');
    if (existsSync(softwareDevice))
      throw new Error(`webgpu: the software device does not work: ${report.reason}`);
    process.stderr.write(
      `webgpu is not tested: ${report.reason}; apt-get install chromium-common brings a device\n`,
    );
    return;
  }
  if (existsSync(softwareDevice)) expect(report.chosenByAuto).toBe(false);
  gradients.cpu.forEach((expected, i) => {
    const actual = gradients.webgpu[i] ?? [];
    expect(actual).toHaveLength(expected.length);
    const scale = Math.max(...expected.map(Math.abs));
    const errors = expected.map((value, k) => Math.abs(value - (actual[k] ?? Number.NaN)) / scale);
    expect(Math.max(...errors)).toBeLessThan(1e-5);
  });
}, 120_000);
