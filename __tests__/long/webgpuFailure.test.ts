/** A device that fails in the middle of a command, on software Vulkan (see ../engine/webgpu.test.ts). */
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { drawDiscs } from '../../scripts/torture/drawDiscs.js';
import { useTestEngine } from '../support/engine.js';
import { useModelFile } from '../support/modelFile.js';
import { runCli } from '../support/runCli.js';
import { useTemporaryFolder } from '../support/temporaryFolder.js';

const chromium = '/usr/lib/chromium';
const softwareDevice = `${chromium}/vk_swiftshader_icd.json`;

const inFolder = useTemporaryFolder();
useTestEngine();
const model = useModelFile(() => inFolder('small.model'));

const before = { ...process.env };
beforeAll(() => {
  Object.assign(process.env, {
    VK_ICD_FILENAMES: softwareDevice,
    LD_LIBRARY_PATH: chromium,
    NODE_OPTIONS: `--import=${new URL('../support/failingDevice.mjs', import.meta.url)}`,
  });
});
afterAll(() => {
  process.env = before;
});

const config = `
channel_towers: 2
number_of_scales: 2
initial_splits_per_scale: 1
latent_size: 2
input_dimension: 8
num_flows: 0
sampling_method: gaussian
training_parameters: {batch_size: 2, epochs: 1}
`;
const failure =
  /^nvae: engine webgpu: a validation error: Buffer size \(\d+\) exceeds .* \(in \[Device\].CreateBuffer\); try again, .*\n$/m;

const onDevice = existsSync(softwareDevice) ? test : test.skip;

onDevice(
  'training ends with its message, and nothing is saved',
  async () => {
    await drawDiscs(inFolder('discs'), 2);
    await writeFile(inFolder('tiny.yaml'), config);
    const args = ['train', inFolder('tiny.yaml'), '--dataset', inFolder('discs'), '--folder', inFolder()];
    const { code, stdout, stderr } = await runCli([...args, '--engine', 'webgpu', '--json']);
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringMatching(failure) });
    const events = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).type);
    expect(events).toContain('started');
    expect(events).not.toContain('checkpoint');
    expect(existsSync(inFolder('saved_weights', 'tiny.checkpoint'))).toBe(false);
  },
  240_000,
);

onDevice(
  'sampling ends with its message, and standard output has nothing but data',
  async () => {
    const out = inFolder('samples.png');
    const { code, stdout, stderr } = await runCli([
      ...['sample', model().path, '0.7', '0', '--count', '1', '--out', out],
      ...['--engine', 'webgpu', '--json'],
    ]);
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringMatching(failure) });
    for (const line of stdout.trim().split('\n').filter(Boolean))
      expect(() => JSON.parse(line)).not.toThrow();
    expect(existsSync(out)).toBe(false);
  },
  240_000,
);
