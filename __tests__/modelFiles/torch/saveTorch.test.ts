import { readFile, writeFile } from 'node:fs/promises';
import { expect, test } from '@jest/globals';
import { sourceOf } from '../../../src/checkpoint/byteSource.js';
import type { Checkpoint } from '../../../src/checkpoint/checkpointContent.js';
import { saveTorchCheckpoint } from '../../../src/modelFiles/torch/saveTorchCheckpoint.js';
import { saveTorchModel } from '../../../src/modelFiles/torch/saveTorchModel.js';
import { torchLayout } from '../../../src/modelFiles/torch/torchLayout.js';
import { isDict, isTensor, type PickleValue } from '../../../src/pytorch/pickleValue.js';
import { type TorchFile, torchFileFrom } from '../../../src/pytorch/torchFile.js';
import { smallConfig } from '../../support/smallConfig.js';
import { useTemporaryFolder } from '../../support/temporaryFolder.js';
import { wholeCheckpoint } from '../../support/wholeCheckpoint.js';

const pathOf = useTemporaryFolder();

async function saved(save: (path: string) => Promise<void>): Promise<TorchFile> {
  const path = pathOf('folder', 'demo.checkpoint');
  await save(path);
  return torchFileFrom(sourceOf(await readFile(path)), path);
}

/** The plain values of a dict, and those of the dicts in it. */
function plain(value: PickleValue | undefined): unknown {
  if (isTensor(value)) return `${value.kind} [${value.shape.join()}]`;
  if (isDict(value)) return Object.fromEntries([...value].map(([key, inner]) => [String(key), plain(inner)]));
  return Array.isArray(value) ? (value as readonly PickleValue[]).map(plain) : value;
}

function entryOf(
  value: PickleValue | undefined,
  ...keys: readonly (string | number)[]
): PickleValue | undefined {
  return keys.reduce<PickleValue | undefined>((at, key) => (isDict(at) ? at.get(key) : undefined), value);
}

test('should keep every tensor bit for bit, with all of the model in the order of PyTorch', async () => {
  const checkpoint = wholeCheckpoint(smallConfig());
  const file = await saved((path) => saveTorchCheckpoint(path, checkpoint));
  const stateDict = entryOf(file.content, 'state_dict');
  const layout = torchLayout(checkpoint.config.model);
  expect(isDict(stateDict) && [...stateDict.keys()]).toEqual(layout.map(({ name }) => name));
  const bits = (values: ArrayBufferView) => Buffer.from(values.buffer, values.byteOffset, values.byteLength);
  const expectSame = async (tensor: PickleValue | undefined, name: string) => {
    const { dtype, shape, data } = checkpoint.tensors.get(name)!;
    if (!isTensor(tensor)) throw new Error(`${name}: no tensor`);
    expect([name, tensor.shape]).toEqual([name, shape]);
    if (dtype === 'float32') expect(bits(await file.readFloats(tensor)).equals(bits(data))).toBe(true);
    else
      expect([tensor.kind, ...(await file.readIntegers(tensor))]).toEqual(['int64', BigInt(data[0] ?? -1)]);
  };
  for (const { name } of layout) await expectSame(entryOf(stateDict, name), name);
  const parameters = layout.filter(({ kind }) => kind === 'parameter');
  for (const [i, { name }] of parameters.entries()) {
    const slots = entryOf(file.content, 'optimizer', 'state', i);
    await expectSame(entryOf(slots, 'exp_avg'), `adamax.momentum.${name}`);
    await expectSame(entryOf(slots, 'exp_inf'), `adamax.maximum.${name}`);
    const step = entryOf(slots, 'step');
    expect(isTensor(step) && [...(await file.readFloats(step))]).toEqual([39]);
  }
});

test('should contain the plain values of a checkpoint of the PyTorch implementation', async () => {
  const checkpoint = wholeCheckpoint(smallConfig({}, { warmupEpochs: 1, epochs: 8 }));
  const { content } = await saved((path) => saveTorchCheckpoint(path, checkpoint));
  const all = plain(content) as Record<string, never>;
  expect(Object.keys(all)).toEqual([
    'epoch',
    'state_dict',
    'optimizer',
    'optimizer_scheduler',
    'seen_images',
    'log_dir',
    'total_epochs',
    'model_arch',
  ]);
  const { state_dict, optimizer, ...others } = all;
  const rate = 1e-5 + ((0.01 - 1e-5) * (1 + Math.cos((Math.PI * 2) / 6))) / 2;
  expect(others).toEqual({
    epoch: 4,
    optimizer_scheduler: {
      T_max: 6,
      eta_min: 1e-5,
      base_lrs: [0.01],
      last_epoch: 2,
      verbose: false,
      _step_count: 3,
      _get_lr_called_within_step: false,
      _last_lr: [expect.closeTo(rate, 12)],
    },
    seen_images: 5_000_000_000,
    log_dir: 'runs/small',
    total_epochs: 8,
    model_arch: 'model_configs/small.yaml',
  });
  const groups = Reflect.get(optimizer ?? {}, 'param_groups') as Record<string, unknown>[];
  const count = torchLayout(checkpoint.config.model).filter(({ kind }) => kind === 'parameter').length;
  expect(groups).toEqual([
    {
      lr: expect.closeTo(rate, 12),
      betas: [0.9, 0.999],
      eps: 0.001,
      weight_decay: 3e-4,
      foreach: null,
      maximize: false,
      initial_lr: 0.01,
      params: Array.from({ length: count }, (_, i) => i),
    },
  ]);
});

test.each([
  ['in the warm-up', { warmupEpochs: 10, epochs: 40 }, { T_max: 29, last_epoch: 0 }],
  [
    'with a warm-up that ends within an epoch',
    { warmupEpochs: 1.5, epochs: 8 },
    { T_max: 5.5, last_epoch: 2 },
  ],
  ['without an end', { warmupEpochs: 1, epochs: -1 }, { T_max: 1e9, last_epoch: 2, _last_lr: [0.01] }],
  [
    'that stays constant',
    { warmupEpochs: 1, epochs: 8, learningRateSchedule: 'constant' as const },
    { T_max: 1e9, last_epoch: 2, _last_lr: [0.01] },
  ],
  [
    'that goes on from a linear one',
    { warmupEpochs: 1, epochs: 8, learningRateMin: 0.001, learningRateSchedule: 'linear' as const },
    { T_max: 6, last_epoch: 2, eta_min: 0.001, _last_lr: [expect.closeTo(0.007, 12)] },
  ],
])('should give PyTorch a schedule %s', async (_, training, expected) => {
  const checkpoint = wholeCheckpoint(smallConfig({}, training));
  const { content } = await saved((path) => saveTorchCheckpoint(path, checkpoint));
  expect(plain(entryOf(content, 'optimizer_scheduler'))).toMatchObject(expected);
});

test('should write only the weights of a model', async () => {
  const checkpoint = wholeCheckpoint(smallConfig());
  const { content } = await saved((path) => saveTorchModel(path, checkpoint));
  expect(isDict(content) && [...content.keys()]).toEqual(['state_dict', 'model_arch']);
});

test.each<[string, (checkpoint: Checkpoint) => Checkpoint, RegExp]>([
  [
    'a missing tensor',
    ({ tensors, ...others }) => ({ ...others, tensors: new Map([...tensors].slice(1)) }),
    /demo[.]checkpoint: decoder_constant: expected float32 \[1, 8, 2, 2\], got nothing$/,
  ],
  [
    'a value that is not finite',
    ({ tensors, ...others }) => {
      const data = new Float32Array(8 * 2 * 2).fill(Number.NaN);
      const changed = { dtype: 'float32', shape: [1, 8, 2, 2], data } as const;
      return { ...others, tensors: new Map([...tensors, ['decoder_constant', changed]]) };
    },
    /demo[.]checkpoint: contains a non-finite value: NaN in "decoder_constant"$/,
  ],
])('should refuse %s, and leave the file that is there', async (_, change, message) => {
  const path = pathOf('demo.checkpoint');
  await writeFile(path, 'before');
  const checkpoint = change(wholeCheckpoint(smallConfig()));
  await expect(saveTorchCheckpoint(path, checkpoint)).rejects.toThrow(message);
  expect(await readFile(path, 'utf8')).toBe('before');
});
