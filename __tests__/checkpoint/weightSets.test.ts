import { readFile } from 'node:fs/promises';
import { describe, expect, test } from '@jest/globals';
import type { NamedTensors, TensorData } from '../../src/base/plainData.js';
import { saveBestModel, stepOfBestModel } from '../../src/checkpoint/bestModel.js';
import { modelToBytes } from '../../src/checkpoint/bytes.js';
import type { Checkpoint } from '../../src/checkpoint/checkpointContent.js';
import { readModelFile } from '../../src/checkpoint/readModelFile.js';
import { saveCheckpoint } from '../../src/checkpoint/saveCheckpoint.js';
import { saveModel } from '../../src/checkpoint/saveModel.js';
import type { WeightSet } from '../../src/checkpoint/weightSets.js';
import { anyModelFileFromBytes } from '../../src/modelFiles/anyModelFileFromBytes.js';
import { readAnyModelFile } from '../../src/modelFiles/readAnyModelFile.js';
import { saveTorchCheckpoint } from '../../src/modelFiles/torch/saveTorchCheckpoint.js';
import { saveTorchModel } from '../../src/modelFiles/torch/saveTorchModel.js';
import { torchOmissions } from '../../src/modelFiles/torch/torchOmissions.js';
import { smallConfig } from '../support/smallConfig.js';
import { useTemporaryFolder } from '../support/temporaryFolder.js';
import { wholeCheckpoint } from '../support/wholeCheckpoint.js';

const inFolder = useTemporaryFolder();
const config = smallConfig({}, { emaDecay: 0.9 });

/** A checkpoint whose averages are all 0.5. */
function withAverage(): Checkpoint {
  const checkpoint = wholeCheckpoint(config);
  const tensors = new Map<string, TensorData>(checkpoint.tensors);
  for (const [name, tensor] of checkpoint.tensors) {
    if (name.startsWith('adamax.') || tensor.dtype !== 'float32') continue;
    tensors.set(`ema.${name}`, { ...tensor, data: new Float32Array(tensor.data.length).fill(0.5) });
  }
  return { ...checkpoint, tensors, state: { ...checkpoint.state, emaUpdates: 3 } };
}

const ofModel = (tensors: NamedTensors) =>
  new Map([...tensors].filter(([name]) => !/^(adamax|ema)\./.test(name)));

function expectSet(given: NamedTensors, set: WeightSet): void {
  const raw = ofModel(withAverage().tensors);
  expect([...given.keys()].sort()).toEqual([...raw.keys()].sort());
  for (const [name, { data, dtype }] of given) {
    const isRaw = set === 'raw' || dtype === 'int32';
    expect(Array.from(data)).toEqual(
      isRaw ? Array.from(raw.get(name)?.data ?? []) : Array.from(data, () => 0.5),
    );
  }
}

const read = (path: string, weights?: WeightSet) =>
  readAnyModelFile(path, { weightsOnly: true, weights, config });

describe('the weights of a checkpoint', () => {
  test('should be their average unless the raw ones are asked for', async () => {
    const path = inFolder('a.checkpoint');
    await saveCheckpoint(path, withAverage());
    for (const weights of [undefined, 'ema', 'raw'] as const) {
      const set = weights ?? 'ema';
      const file = await read(path, weights);
      expectSet(file.tensors, set);
      expect(file).toMatchObject({ kind: 'model', config });
      expect(file.metadata.get('weights')).toBe(set === 'ema' ? 'ema' : undefined);
      const bytes = await readFile(path);
      expectSet((await anyModelFileFromBytes(bytes, { weightsOnly: true, weights })).tensors, set);
    }
  });

  test('should be the raw ones where there are no others', async () => {
    const path = inFolder('a.checkpoint');
    await saveCheckpoint(path, wholeCheckpoint(config));
    expectSet((await read(path)).tensors, 'raw');
    expectSet((await read(path, 'raw')).tensors, 'raw');
    await expect(read(path, 'ema')).rejects.toThrow(
      `${path}: has no moving average of the weights (ema); leave out --weights ema, or train with training_parameters.ema_decay`,
    );
    await expect(
      anyModelFileFromBytes(await readFile(path), { weightsOnly: true, weights: 'ema' }),
    ).rejects.toThrow('bytes: has no moving average');
  });

  test('should be whole in the checkpoint itself', async () => {
    const path = inFolder('a.checkpoint');
    await saveCheckpoint(path, withAverage());
    expect((await readAnyModelFile(path)).tensors).toEqual(withAverage().tensors);
  });
});

describe('a model file', () => {
  test('should have one set, and say so if it is the average', async () => {
    for (const weights of [undefined, 'ema', 'raw'] as const) {
      const set = weights ?? 'ema';
      await saveModel(inFolder('a.model'), withAverage(), { weights });
      const { tensors, metadata } = await readModelFile(inFolder('a.model'));
      expectSet(tensors, set);
      expect(metadata.get('weights')).toBe(set === 'ema' ? 'ema' : undefined);
      expect(Buffer.from(await modelToBytes(withAverage(), { weights }))).toEqual(
        await readFile(inFolder('a.model')),
      );
    }
    await expect(saveModel(inFolder('b.model'), wholeCheckpoint(config), { weights: 'ema' })).rejects.toThrow(
      'b.model: has no moving average',
    );
  });

  test('should refuse the set that it does not have', async () => {
    const [averaged, raw] = [inFolder('ema.model'), inFolder('raw.model')];
    await saveModel(averaged, withAverage());
    await saveModel(raw, withAverage(), { weights: 'raw' });
    expectSet((await read(averaged)).tensors, 'ema');
    expectSet((await read(averaged, 'ema')).tensors, 'ema');
    expectSet((await read(raw, 'raw')).tensors, 'raw');
    await expect(read(averaged, 'raw')).rejects.toThrow(
      `${averaged}: has no raw weights, only their moving average (ema); leave out --weights raw, or use the checkpoint of the run, which has both`,
    );
    await expect(read(raw, 'ema')).rejects.toThrow(`${raw}: has no moving average`);
  });

  test('should keep what it is when it is written again', async () => {
    const [first, second] = [inFolder('a.model'), inFolder('b.model')];
    await saveModel(first, withAverage());
    await saveModel(second, await readAnyModelFile(first));
    const [before, after] = [await readModelFile(first), await readModelFile(second)];
    expect(after.tensors).toEqual(before.tensors);
    expect(after.metadata.get('weights')).toBe('ema');
  });

  test('should have the average as the best model, too', async () => {
    const path = inFolder('best.model');
    await saveBestModel(path, withAverage(), { bitsPerDimension: 3, epoch: 1, step: 7 }, {});
    expectSet((await read(path)).tensors, 'ema');
    expect(await stepOfBestModel(path)).toBe(7);
  });
});

describe('a PyTorch file', () => {
  test('should have the weights that are asked for as a model', async () => {
    for (const weights of [undefined, 'ema', 'raw'] as const) {
      const path = inFolder(`${weights}.model`);
      await saveTorchModel(path, withAverage(), { weights });
      expectSet((await read(path)).tensors, weights ?? 'ema');
      await expect(read(path, 'ema')).rejects.toThrow(`${path}: has no moving average`);
    }
  });

  test('should have the raw weights as a checkpoint, and an omission says so', async () => {
    const path = inFolder('a.checkpoint');
    await saveTorchCheckpoint(path, withAverage());
    expectSet((await read(path)).tensors, 'raw');
    expect(torchOmissions(withAverage())).toContainEqual(expect.stringContaining('(ema) is lost'));
    expect(torchOmissions(wholeCheckpoint(config)).join()).not.toContain('ema');
  });
});
