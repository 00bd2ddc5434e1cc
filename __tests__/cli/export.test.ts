import { readFile, stat, writeFile } from 'node:fs/promises';
import { expect, test } from '@jest/globals';
import { saveCheckpoint } from '../../src/checkpoint/saveCheckpoint.js';
import { saveModel } from '../../src/checkpoint/saveModel.js';
import { exportCommand } from '../../src/cli/commands/export.js';
import { loadConfig } from '../../src/config/loadConfig.js';
import { loadCheckpoint } from '../../src/modelFiles/loadCheckpoint.js';
import { readAnyModelFile } from '../../src/modelFiles/readAnyModelFile.js';
import { runCommand } from '../support/runCommand.js';
import { smallConfig } from '../support/smallConfig.js';
import { useTemporaryFolder } from '../support/temporaryFolder.js';
import { wholeCheckpoint } from '../support/wholeCheckpoint.js';

const pathOf = useTemporaryFolder();
const checkpoint = wholeCheckpoint(smallConfig());

async function exported(...args: string[]) {
  return runCommand(exportCommand(), [...args, '--folder', pathOf()]);
}

test('should export the checkpoint of a run and its configuration, and say where they belong', async () => {
  await saveCheckpoint(pathOf('saved_weights', 'small.checkpoint'), checkpoint);
  const { stdout, stderr } = await exported('small');
  const [path, configuration] = [pathOf('exported', 'small.checkpoint'), pathOf('exported', 'small.yaml')];
  expect(stdout).toBe(`${path}\n${configuration}\n`);
  expect(stderr).toContain(`warning: ${path}: the seed 7 is lost`);
  expect(stderr).toContain(
    'put small.checkpoint into its saved_weights and small.yaml into its model_configs',
  );
  expect(await loadConfig(configuration)).toEqual(checkpoint.config);
  const again = await loadCheckpoint(path);
  expect(again.tensors).toEqual(checkpoint.tensors);
  expect(again.config).toEqual(checkpoint.config);
  expect(again.dataPosition).toEqual(checkpoint.dataPosition);
  expect(again.state).toMatchObject({ optimizerUpdates: 39, position: { epoch: 4, imagesSeen: 5e9 } });
});

test('should bring a file of PyTorch back as it is, with the sign of every zero', async () => {
  await saveCheckpoint(pathOf('saved_weights', 'small.checkpoint'), checkpoint);
  await exported('small');
  const [first, second] = [pathOf('exported', 'small.checkpoint'), pathOf('again', 'small.checkpoint')];
  await exported(first, '--out', second);
  expect((await readFile(second)).equals(await readFile(first))).toBe(true);
});

test('should export only the weights of a checkpoint, and of a model', async () => {
  await saveCheckpoint(pathOf('saved_weights', 'small.checkpoint'), checkpoint);
  await saveModel(pathOf('own.model'), checkpoint);
  const { stderr } = await exported('small', '--weights');
  expect(stderr).not.toContain('warning');
  const result = await exported(pathOf('own.model'), '--json');
  expect(JSON.parse(result.stdout)).toEqual({
    type: 'export',
    format: 'pytorch',
    path: pathOf('exported', 'own.model'),
    configuration: pathOf('exported', 'small.yaml'),
    kind: 'model',
    tensors: expect.any(Number),
    parameters: expect.any(Number),
    omissions: [],
    seconds: expect.any(Number),
  });
  const files = [pathOf('exported', 'small.model'), pathOf('exported', 'own.model')];
  for (const path of files) {
    const { kind, tensors } = await readAnyModelFile(path);
    expect(kind).toBe('model');
    for (const [name, tensor] of tensors) expect(tensor).toEqual(checkpoint.tensors.get(name));
  }
});

test('should replace no file, neither that of a run nor another configuration', async () => {
  const own = pathOf('saved_weights', 'small.checkpoint');
  await saveCheckpoint(own, checkpoint);
  const before = await readFile(own);
  await expect(exported(own, '--out', own)).rejects.toThrow(`${own}: exists; move it away`);
  expect((await readFile(own)).equals(before)).toBe(true);
  await writeFile(pathOf('small.yaml'), 'mine');
  const out = pathOf('other.checkpoint');
  await expect(exported(own, '--out', out)).rejects.toThrow(
    `${pathOf('small.yaml')}: exists with another configuration; move it away`,
  );
  expect(await readFile(pathOf('small.yaml'), 'utf8')).toBe('mine');
  await expect(stat(out)).rejects.toThrow('ENOENT');
});

test('should leave no configuration behind if the file cannot be written', async () => {
  const lacking = new Map([...checkpoint.tensors].filter(([name]) => !name.startsWith('adamax.maximum.')));
  await saveCheckpoint(pathOf('saved_weights', 'small.checkpoint'), { ...checkpoint, tensors: lacking });
  await expect(exported('small')).rejects.toThrow(
    'adamax.maximum.decoder_constant: expected float32 [1, 8, 2, 2], got nothing',
  );
  await expect(stat(pathOf('exported', 'small.yaml'))).rejects.toThrow('ENOENT');
  await expect(stat(pathOf('exported', 'small.checkpoint'))).rejects.toThrow('ENOENT');
});

test.each([
  ['x.pt', /^--out: expected a [.]checkpoint or a [.]model, .* [(]got [.]pt[)]$/],
  ['x', /[(]got no extension[)]$/],
  ['', /^--out: the path is empty; give a file$/],
  ['x.model', /is exported as a checkpoint; name a [.]checkpoint, or add --weights .* [(]got [.]model[)]$/],
])('should refuse to write a checkpoint to %j', async (out, message) => {
  const own = pathOf('saved_weights', 'small.checkpoint');
  await saveCheckpoint(own, checkpoint);
  await expect(exported(own, '--out', out)).rejects.toThrow(message);
});

test('should export a model of our own format in bfloat16, with half the bytes and no configuration beside it', async () => {
  const averages = new Map(
    [...checkpoint.tensors].map(([name, tensor]) => [
      name,
      tensor.dtype === 'float32'
        ? { ...tensor, data: tensor.data.map((_, i) => Math.sin(i + name.length) + 2) }
        : tensor,
    ]),
  );
  await saveCheckpoint(pathOf('saved_weights', 'small.checkpoint'), { ...checkpoint, tensors: averages });
  const { stdout } = await exported('small', '--dtype', 'bfloat16', '--json');
  const path = pathOf('exported', 'small.model');
  const result = JSON.parse(stdout.trim().split('\n').at(-1) ?? '');
  expect(result).toMatchObject({ type: 'export', format: 'rx-nvae', path, kind: 'model', dtype: 'bfloat16' });
  expect(result.bytes).toBe((await stat(path)).size);
  await expect(stat(pathOf('exported', 'small.yaml'))).rejects.toThrow('ENOENT');
  const { kind, config, tensors } = await readAnyModelFile(path);
  expect([kind, config]).toEqual(['model', checkpoint.config]);
  for (const [name, { data }] of tensors) {
    const before = averages.get(name)?.data ?? [];
    const isExact = data instanceof Int32Array || /running_/.test(name);
    expect(data.length).toBe(before.length);
    data.forEach((value, i) => {
      const error = Math.abs(value - (before[i] ?? 0));
      expect(error).toBeLessThanOrEqual(isExact ? 0 : value * 2 ** -8);
    });
  }
  const whole = pathOf('whole.model');
  await exported('small', '--format', 'rx-nvae', '--out', whole);
  expect((await readAnyModelFile(whole)).tensors.get('encoder_tower.0.0.weight')).toEqual(
    averages.get('encoder_tower.0.0.weight'),
  );
  const parameters = result.parameters as number;
  expect((await stat(whole)).size - result.bytes).toBeGreaterThan(2 * parameters - 1000);
});

test('should refuse a type for a file of PyTorch', async () => {
  await expect(exported('small', '--format', 'pytorch', '--dtype', 'bfloat16')).rejects.toThrow(
    "option '--dtype' is for files of our own format; leave out --format pytorch",
  );
});

test('should refuse to write a checkpoint of our own format', async () => {
  await saveCheckpoint(pathOf('saved_weights', 'small.checkpoint'), checkpoint);
  await expect(exported('small', '--dtype', 'float32', '--out', pathOf('x.checkpoint'))).rejects.toThrow(
    /is exported as a model; name a [.]model [(]got [.]checkpoint[)]$/,
  );
});
