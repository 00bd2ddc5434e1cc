/**
 * Memory that the webgpu engine holds: on Dawn's null device, which keeps buffers and computes nothing, and a long training on a software
 * device. In processes of their own, as webgpu.test.ts.
 */
import { execFileSync } from 'node:child_process';
import { expect, test } from '@jest/globals';
import { writePictures } from '../support/pictures.js';
import { hasSoftwareVulkan, softwareVulkan } from '../support/softwareVulkan.js';
import { useTemporaryFolder } from '../support/temporaryFolder.js';

const inFolder = useTemporaryFolder();
const onDevice = hasSoftwareVulkan ? test : test.skip;

/** Bytes of tensors, and of all memory. */
interface Held {
  readonly tensors: number;
  readonly used: number;
  readonly all: number;
  readonly resident: number;
}

const nothing = { tensors: 0, used: 0, all: 0 };

function run(...args: string[]) {
  const script = '__tests__/support/webgpuMemory.ts';
  const options = {
    env: { ...process.env, ...softwareVulkan },
    encoding: 'utf8',
    timeout: 1_800_000,
  } as const;
  return JSON.parse(
    execFileSync(process.execPath, ['--expose-gc', '--import', 'tsx', script, ...args], options),
  );
}

onDevice(
  'smaller batches, validation and previews live in the memory of steps, which goes at the end of each run',
  async () => {
    await writePictures(inFolder('dataset'), 6);
    const { demo, streams, left, refusals } = run('null', '0', inFolder());

    const { start, plain, later, copies, end } = demo as Record<'start' | 'plain' | 'later' | 'end', Held> & {
      readonly copies: number;
    };
    expect(start).toMatchObject(nothing);
    expect(later.tensors).toBe(plain.tensors);
    expect(later.all).toBeLessThan(1.1 * plain.all);
    expect(copies).toBe(0); // of weights, in memory of the process
    expect(end).toMatchObject(nothing);

    expect(streams.training).toBeGreaterThan(0);
    expect(streams).toMatchObject({ sampled: 0, left: 0 });
    expect(left).toMatchObject(nothing);

    expect(refusals).toEqual({
      batch: expect.stringMatching(
        /^RangeError: demo in batches of 512: .* take 192 MiB, but the device takes at most 128 MiB in one tensor \(maxStorageBufferBindingSize\); pass .*accumulation_steps=2 .*batch_size=341, /,
      ),
      half: expect.stringMatching(
        /^EngineUnavailableError: .*half_precision: expected false on the engine webgpu/,
      ),
      created: 0,
    });
  },
  400_000,
);

onDevice(
  '500 steps leave tensors and memory as they were, and what is freed goes back to the system',
  () => {
    const { long, large } = run('software', '500');
    expect(large.full - large.start).toBeGreaterThan(300e6);
    expect(large.end - large.start).toBeLessThan(150e6);
    const { series, end } = long as { readonly series: Held[]; readonly end: Held };
    const [first, ...others] = series;
    expect(others).toHaveLength(5);
    for (const { tensors, used, all } of others)
      expect({ tensors, used, all }).toEqual({ tensors: first!.tensors, used: first!.used, all: first!.all });
    const resident = others.map((each) => each.resident);
    const growth = Math.min(...resident.slice(2)) - resident[0]!; // single values vary by 20 MB
    expect(growth).toBeLessThan(40e6);
    expect(end).toMatchObject(nothing);
  },
  1_800_000,
);
