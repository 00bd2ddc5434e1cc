/** Reads from a WebGPU device, and what a library user sees of one that fails. In a process of its own, like webgpu.test.ts. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { hasSoftwareVulkan, softwareVulkan } from '../support/softwareVulkan.js';

let outcome: Readonly<Record<string, unknown>>;
let printed = '';

const onDevice = hasSoftwareVulkan ? describe : describe.skip;

onDevice('webgpu', () => {
  beforeAll(async () => {
    const args = ['--expose-gc', '--import', 'tsx', '__tests__/support/webgpuReads.ts'];
    const env = { ...process.env, ...softwareVulkan };
    const { stdout, stderr } = await promisify(execFile)(process.execPath, args, { env });
    outcome = JSON.parse(stdout);
    printed = stderr;
  }, 600_000);

  test('should make 2,000 steps with a read each, with the same tensors and buffers after each', () => {
    const { early, late, falls } = outcome.many as Record<string, unknown>;
    expect(falls).toBe(true);
    expect(late).toEqual(early);
  });

  test('should read in parallel, also from tensors that are disposed of meanwhile', () => {
    expect(outcome.parallel).toBe(true);
  });

  test('should keep nothing of a run or a trainer that is given up during a step', () => {
    expect(outcome.unsubscribed).toEqual({ files: [], tensors: 0 });
  });

  test('should fail a run of the library whose device is lost, and save nothing', () => {
    const message =
      'EngineFailedError: engine webgpu: device lost (destroyed): device was destroyed; try again, or use another engine (--engine native)';
    expect(outcome.lost).toEqual({ message, files: [] });
    expect(outcome.restarted).toBe('no error');
  });

  test('should say that a GPU has disappeared between the probe and the start', () => {
    expect(outcome.vanished).toMatch(
      /^EngineUnavailableError: engine webgpu: not usable here: Dawn found a GPU, but it is gone now; try again\. /,
    );
  });

  test('should refuse to train on several ranks', () => {
    expect(outcome.group).toBe(
      'EngineUnavailableError: the engine webgpu cannot train on several ranks, because it cannot read values in the middle of a pass; use the engine native',
    );
  });

  test('should fail reads after the GPU was released, and end the process by itself', () => {
    expect(outcome.released).toMatch(/^(EngineFailedError: engine webgpu: it was stopped; .*){2}$/);
    expect(printed).toBe('');
  });
});
