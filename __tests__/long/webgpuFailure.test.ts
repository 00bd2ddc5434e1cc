/** A device that fails in the middle of a command, on software Vulkan (see ../engine/webgpu.test.ts). */
import { existsSync } from 'node:fs';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { drawDiscs } from '../../scripts/torture/drawDiscs.js';
import { useTestEngine } from '../support/engine.js';
import { useModelFile } from '../support/modelFile.js';
import { runCli, startCli } from '../support/runCli.js';
import { hasSoftwareVulkan, softwareVulkan } from '../support/softwareVulkan.js';
import { useTemporaryFolder } from '../support/temporaryFolder.js';

jest.setTimeout(400_000); // a busy machine
const inFolder = useTemporaryFolder();
useTestEngine();
const model = useModelFile(() => inFolder('small.model'));

const before = { ...process.env };
const preload = `--import=${new URL('../support/failingDevice.mjs', import.meta.url)}`;
beforeAll(() => {
  Object.assign(process.env, softwareVulkan);
});
beforeEach(async () => {
  await drawDiscs(inFolder('discs'), 4);
  await writeFile(inFolder('tiny.yaml'), config);
});
afterAll(() => {
  process.env = before;
});

const config = `
channel_towers: 2
number_of_scales: 1
initial_splits_per_scale: 1
latent_size: 2
input_dimension: 8
num_flows: 0
sampling_method: gaussian
training_parameters: {batch_size: 2, epochs: 2, epochs_per_checkpoint: 1}
`;

const problems = {
  lost: String.raw`device lost \(destroyed\): device was destroyed`,
  refused: String.raw`a validation error: Buffer size \(\d+\) exceeds .* \(in \[Device\].CreateBuffer\)`,
  memory: String.raw`out of memory: vkAllocateMemory failed \(in \[Device\].CreateBuffer\)`,
  shader: String.raw`a validation error: Error while parsing WGSL: .*missing initializer.* \(in \[Device\].CreateShaderModule\)`,
} as const;
type Fault = keyof typeof problems;

const faults = Object.keys(problems) as Fault[];
const advice = (fault: Fault) =>
  fault === 'memory' ? 'use a smaller batch_size, or another engine' : 'try again, or use another engine';
const software = 'warning: engine webgpu: a software device, slower than native\n';
const crash = (fault: Fault, from: string, count: number) =>
  `warning: train: engine webgpu: ${problems[fault]}; restarting from ${from} in ${2 ** (count - 1)} s \\(${count} of 3\\)\n`;

/** Runs a command whose device fails; `more` are further settings of the fault. */
async function failing(fault: Fault, args: readonly string[], more: NodeJS.ProcessEnv = {}) {
  const fails = { NODE_OPTIONS: preload, NVAE_TEST_FAULT: fault, ...more };
  Object.assign(process.env, fails);
  try {
    return await runCli([...args, '--engine', 'webgpu', '--json']);
  } finally {
    for (const name of Object.keys(fails)) delete process.env[name];
  }
}

const trainIn = (folder: string) => [
  ...['train', inFolder('tiny.yaml'), '--dataset', inFolder('discs'), '--folder', inFolder(folder)],
  ...['--set', 'training_parameters.seed=3'],
];
const typesOf = (stdout: string) =>
  stdout
    .trim()
    .split('\n')
    .filter(Boolean)
    .map((line): string => JSON.parse(line).type);

const onDevice = hasSoftwareVulkan ? describe : describe.skip;

onDevice('a command whose device fails', () => {
  test.each(['lost', 'memory'] as const)(
    'training (%s) restarts, gives up in the end, and saves nothing',
    async (fault) => {
      const { code, stdout, stderr } = await failing(fault, trainIn('.'));
      const restarts = [1, 2, 3].map((count) => software + crash(fault, 'the beginning', count)).join('');
      const end = `nvae: train: engine webgpu: ${problems[fault]}, 4 times without reaching a new checkpoint; ${advice(fault)} .*; there is no checkpoint yet, .*\n`;
      expect({ code, stderr }).toEqual({
        code: 1,
        stderr: expect.stringMatching(new RegExp(`^${restarts}${software}${end}$`)),
      });
      expect(typesOf(stdout)).toContain('started');
      expect(typesOf(stdout)).not.toContain('checkpoint');
      expect(existsSync(inFolder('saved_weights', 'tiny.checkpoint'))).toBe(false);
    },
  );

  test('training whose device is lost once resumes from its checkpoint, with the same weights in the end', async () => {
    const undisturbed = await runCli([...trainIn('whole'), '--engine', 'webgpu']);
    expect(undisturbed).toMatchObject({ code: 0 });
    await writeFile(inFolder('left'), 'x');
    const checkpoint = inFolder('lost', 'saved_weights', 'tiny.checkpoint');
    const { code, stdout, stderr } = await failing('lost', trainIn('lost'), {
      NVAE_TEST_FAULT_AFTER: checkpoint,
      NVAE_TEST_FAULTS_LEFT: inFolder('left'),
    });
    const restart = new RegExp(`^${software}${crash('lost', 'the checkpoint of step 2', 1)}${software}$`);
    expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringMatching(restart) });
    expect(typesOf(stdout).filter((type) => ['started', 'crash', 'finished'].includes(type))).toEqual([
      ...['started', 'crash', 'started', 'finished'],
    ]);
    const result = 'saved_weights/final_result_tiny.model';
    expect((await readFile(inFolder('lost', result))).equals(await readFile(inFolder('whole', result)))).toBe(
      true,
    );
  });

  test.each(faults)('sampling and evaluating (%s) end with one message, and write nothing', async (fault) => {
    const out = inFolder('samples.png');
    const ending = new RegExp(`^${software}nvae: engine webgpu: ${problems[fault]}; ${advice(fault)} .*\n$`);
    const commands = [
      ['sample', model().path, '0.7', '0', '--count', '1', '--out', out],
      ['evaluate', model().path, inFolder('discs'), '--samples', '1'],
    ];
    for (const command of commands) {
      const { code, stdout, stderr } = await failing(fault, command);
      expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringMatching(ending) });
      expect(typesOf(stdout)).not.toContain('evaluation');
    }
    expect(existsSync(out)).toBe(false);
  });
});

onDevice('a command that is interrupted', () => {
  test('in the middle of a step it finishes that step, writes its checkpoint, and exits', async () => {
    const endless = [...trainIn('stopped'), '--set', 'training_parameters.epochs=-1', '--engine', 'webgpu'];
    const { child, shows, ended } = startCli(endless);
    await shows('step 1 ');
    child.kill('SIGINT');
    const { code, stderr } = await ended;
    expect({ code, stderr }).toEqual({
      code: 130,
      stderr: expect.stringMatching(/stopped after \d+ steps?/),
    });
    const checkpoint = inFolder('stopped', 'saved_weights', 'tiny.checkpoint');
    expect((await stat(checkpoint)).size).toBeGreaterThan(0);
    const sampled = ['sample', checkpoint, '0.7', '0', '--count', '1', '--out', inFolder('one.png')];
    expect(await runCli([...sampled, '--engine', 'webgpu'])).toMatchObject({ code: 0 });
  });
});
