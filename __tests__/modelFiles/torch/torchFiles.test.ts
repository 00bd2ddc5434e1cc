/** Files of the PyTorch implementation, read as ours. Real ones are in `__tests__/fixtures/pytorch`, others are made here. */
import { copyFile, readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Checkpoint } from '../../../src/checkpoint/checkpointContent.js';
import { saveCheckpoint } from '../../../src/checkpoint/saveCheckpoint.js';
import { saveModel } from '../../../src/checkpoint/saveModel.js';
import { formatConfig } from '../../../src/config/formatConfig.js';
import { anyModelFileFromBytes } from '../../../src/modelFiles/anyModelFileFromBytes.js';
import { checkpointFromBytes } from '../../../src/modelFiles/checkpointFromBytes.js';
import { checkpointPosition } from '../../../src/modelFiles/checkpointPosition.js';
import { loadCheckpoint } from '../../../src/modelFiles/loadCheckpoint.js';
import { readAnyModelFile } from '../../../src/modelFiles/readAnyModelFile.js';
import { saveTorchCheckpoint } from '../../../src/modelFiles/torch/saveTorchCheckpoint.js';
import { TensorContent } from '../../../src/pytorch/pickleContent.js';
import { smallConfig } from '../../support/checkpoints.js';
import { useTemporaryFolder } from '../../support/temporaryFolder.js';
import { dictIn, type Entries, entriesOf, writeTorch } from '../../support/torchContent.js';
import { wholeCheckpoint } from '../../support/wholeCheckpoint.js';

const inFolder = useTemporaryFolder();
const config = smallConfig(['epochs=10', 'warmup_epochs=2']);
const fixture = (name: string) => fileURLToPath(new URL(`../../fixtures/pytorch/${name}`, import.meta.url));

/** Shape and bits of every tensor, by name. */
function bitsOf({ tensors }: Checkpoint): Map<string, string> {
  const bits = ({ buffer, byteOffset, byteLength }: ArrayBufferView) =>
    Buffer.from(buffer, byteOffset, byteLength).toString('hex');
  return new Map([...tensors].map(([name, { shape, data }]) => [name, `${shape}: ${bits(data)}`]));
}

/** Writes a checkpoint after a change to its content. */
async function changed(change: (entries: Entries) => void): Promise<string> {
  const entries = entriesOf(wholeCheckpoint(config));
  change(entries);
  const path = inFolder('x.checkpoint');
  await writeTorch(path, entries);
  return path;
}

/** The message with which a changed checkpoint is refused. */
async function refusal(change: (entries: Entries) => void): Promise<string> {
  const path = await changed(change);
  const error = await loadCheckpoint(path, { config }).catch((error) => error);
  expect(error.name).toBe('CheckpointError');
  expect(error.message.startsWith(`${path}: `)).toBe(true);
  expect(error.message).not.toContain('\n');
  return error.message.slice(path.length + 2);
}

describe('a checkpoint of the PyTorch implementation', () => {
  test('should have every tensor bit for bit, and go on at the start of its epoch', async () => {
    const counts = fc.record({
      epoch: fc.nat(),
      updates: fc.nat({ max: 2 ** 24 }),
      imagesSeen: fc.maxSafeNat(),
    });
    await fc.assert(
      fc.asyncProperty(counts, async ({ epoch, updates, imagesSeen }) => {
        const position = { epoch, batchInEpoch: 3, step: updates + 2, imagesSeen };
        const state = { seed: 7, position, optimizerUpdates: updates };
        const saved = wholeCheckpoint(config, { state, dataPosition: { epoch, imagesTaken: 5 } });
        const path = inFolder('small.checkpoint');
        await saveTorchCheckpoint(path, saved);
        const warnings: string[] = [];
        const read = await loadCheckpoint(path, { config, onWarning: (message) => warnings.push(message) });
        expect(warnings).toEqual([]);
        expect(read.state).toEqual({
          seed: config.training.seed,
          position: { epoch, batchInEpoch: 0, step: updates, imagesSeen },
          optimizerUpdates: updates,
        });
        expect(read.dataPosition).toEqual({ epoch, imagesTaken: 0 });
        expect(bitsOf(read)).toEqual(bitsOf(saved));
        expect(await checkpointPosition(path)).toEqual(read.state.position);
      }),
      { numRuns: 6 },
    );
  });

  test('should be read as PyTorch has written it, its configuration being beside it', async () => {
    const { config, state, dataPosition, tensors } = await loadCheckpoint(fixture('base.checkpoint'));
    expect([config.name, state, dataPosition]).toEqual([
      'base',
      { seed: 0, position: { epoch: 2, batchInEpoch: 0, step: 2, imagesSeen: 4 }, optimizerUpdates: 2 },
      { epoch: 2, imagesTaken: 0 },
    ]);
    expect(tensors.get('preprocess.model.1.model.model.0.num_batches_tracked')?.data).toEqual(
      Int32Array.of(2),
    );
    expect(await checkpointPosition(fixture('base.checkpoint'))).toEqual(state.position);
  });

  test('should take the seed that is given', async () => {
    const path = await changed(() => undefined);
    expect((await loadCheckpoint(path, { config, seed: 11 })).state.seed).toBe(11);
  });

  test('should be read as a model from its weights alone', async () => {
    const path = await changed((entries) => entries.delete('epoch'));
    const { kind, tensors } = await readAnyModelFile(path, { config, weightsOnly: true });
    expect(kind).toBe('model');
    expect([...tensors.keys()].filter((name) => name.startsWith('adamax.'))).toEqual([]);
  });

  test('should have the state of old files: integer steps, keyed by addresses in another order', async () => {
    const path = await changed((entries) => {
      const state = dictIn(entries, 'optimizer', 'state');
      const group = dictIn(entries, 'optimizer', 'param_groups', 0);
      const address = (i: bigint) => 139_922_253_618_048n + 64n * ((i * 7919n) % 9973n);
      const slots = [...state].map(([i, values]) => {
        (values as Entries).set('step', 39n);
        return [address(i as bigint), values] as const;
      });
      state.clear();
      for (const [key, values] of slots.reverse()) state.set(key, values);
      group.set(
        'params',
        [...slots].reverse().map(([key]) => key),
      );
    });
    const read = await loadCheckpoint(path, { config });
    expect(read.state.optimizerUpdates).toBe(39);
    expect(bitsOf(read)).toEqual(bitsOf(wholeCheckpoint(config)));
  });

  test('should be told apart from the configuration: one warning for each value, with both', async () => {
    const path = await changed((entries) => {
      entries.set('total_epochs', 12n);
      const group = dictIn(entries, 'optimizer', 'param_groups', 0);
      group.set('lr', 0.125).set('initial_lr', 0.25).set('weight_decay', 0.5).set('eps', 1e-8);
      dictIn(entries, 'optimizer_scheduler').set('T_max', 99n).set('base_lrs', [0.25]).set('eta_min', 0.0625);
    });
    const warnings: string[] = [];
    await loadCheckpoint(path, {
      config,
      onWarning: (message) => warnings.push(message.slice(path.length + 2)),
    });
    expect(warnings).toEqual([
      expect.stringMatching(
        /^lr is 0\.125 in the file, but the learning rate of epoch 5 is 0\.009\d+ in the configuration small/,
      ),
      expect.stringMatching(/^initial_lr \(base_lrs\) is 0\.25 in the file, but learning_rate is 0\.01 /),
      expect.stringMatching(/^eta_min is 0\.0625 in the file, but learning_rate_min is 0\.00001 /),
      expect.stringMatching(/^T_max is 99 in the file, but epochs - warmup_epochs - 1 is 7 /),
      expect.stringMatching(/^total_epochs is 12 in the file, but epochs is 10 /),
      expect.stringMatching(/^weight_decay is 0\.5 in the file, but weight_decay is 0\.0003 /),
      'eps of its optimiser is 1e-8, but always 0.001 here',
    ]);
  });

  test('should be told apart from a configuration whose learning rate is another than a cosine', async () => {
    const read = async (training: string[]) => {
      const path = await changed(() => undefined);
      const warnings: string[] = [];
      const own = smallConfig(['epochs=10', 'warmup_epochs=2', ...training]);
      const onWarning = (message: string) => warnings.push(message.slice(path.length + 2));
      await loadCheckpoint(path, { config: own, onWarning });
      return warnings;
    };
    expect(await read([])).toEqual([]);
    const counts = 'in the configuration small, which counts';
    const [lr, ...others] = await read([
      'learning_rate_schedule=constant',
      'learning_rate_warmup_steps=9999',
    ]);
    expect(lr).toMatch(
      /^lr is 0\.009\d+ in the file, but the learning rate of epoch 5 is 0\.01 in the config/,
    );
    expect(others).toEqual([
      `its learning rate falls along a cosine, but learning_rate_schedule is constant ${counts}`,
      `its learning rate has no warm-up, but learning_rate_warmup_steps is 9999 ${counts}`,
    ]);
    expect((await read(['learning_rate_schedule=linear'])).at(-1)).toBe(
      `its learning rate falls along a cosine, but learning_rate_schedule is linear ${counts}`,
    );
    expect(await read(['learning_rate_warmup_steps=2'])).toEqual([]);
  });

  test.each<[string, (entries: Entries) => void, RegExp]>([
    [
      'a tensor that is missing',
      (entries) => dictIn(entries, 'state_dict').delete('decoder_constant'),
      /does not fit the configuration "small": it has no tensor "decoder_constant"; .*--config/,
    ],
    [
      'a tensor that the model does not have',
      (entries) =>
        dictIn(entries, 'state_dict').set('mixer.extra', new TensorContent([1], new Float32Array(1))),
      /the model has no tensor "mixer\.extra"/,
    ],
    [
      'a tensor of another shape',
      (entries) =>
        dictIn(entries, 'state_dict').set(
          'initial_transform.bias',
          new TensorContent([3], new Float32Array(3)),
        ),
      /initial_transform\.bias: expected floating-point numbers \[4\], got a float32 tensor of shape \[3\]/,
    ],
    [
      'integers in place of weights',
      (entries) =>
        dictIn(entries, 'state_dict').set(
          'initial_transform.bias',
          new TensorContent([4], new BigInt64Array(4)),
        ),
      /initial_transform\.bias: expected floating-point numbers/,
    ],
    [
      'a counter that cannot be one',
      (entries) => {
        const name = 'preprocess.model.1.model.model.0.num_batches_tracked';
        dictIn(entries, 'state_dict').set(name, new TensorContent([], BigInt64Array.of(-1n)));
      },
      /num_batches_tracked: expected a counter from 0 to 2147483647, got -1/,
    ],
    [
      'a weight that is not finite',
      (entries) =>
        dictIn(entries, 'state_dict').set(
          'initial_transform.bias',
          new TensorContent([4], Float32Array.of(0, 1, 2, Number.NaN)),
        ),
      /non-finite value: NaN in "initial_transform\.bias"/,
    ],
    [
      'a moment that is not finite',
      (entries) => {
        const slots = dictIn(entries, 'optimizer', 'state', 1n);
        slots.set('exp_inf', new TensorContent([4], Float32Array.of(0, 1, 2, Number.POSITIVE_INFINITY)));
      },
      /non-finite value: Infinity in "adamax\.maximum\.initial_transform\.bias"/,
    ],
    [
      'the names of DataParallel',
      (entries) => {
        const names = [...dictIn(entries, 'state_dict')].map(
          ([name, value]) => [`module.${name}`, value] as const,
        );
        entries.set('state_dict', new Map(names));
      },
      /"module\."/,
    ],
    ['no weights', (entries) => entries.delete('state_dict'), /expected an entry "state_dict"/],
    ['no optimiser', (entries) => entries.delete('optimizer'), /this is a model, not a checkpoint/],
    [
      'an epoch that is none',
      (entries) => entries.set('epoch', -1n),
      /its entry "epoch": expected an integer >= 0, got -1/,
    ],
    [
      'no number of images',
      (entries) => entries.delete('seen_images'),
      /its entry "seen_images": expected an integer >= 0/,
    ],
    [
      'a parameter without state',
      (entries) => dictIn(entries, 'optimizer', 'state').delete(1n),
      /its optimiser, parameter 1 \(initial_transform\.bias\): expected its state, got nothing/,
    ],
    [
      'state of another shape',
      (entries) =>
        dictIn(entries, 'optimizer', 'state', 1n).set('exp_avg', new TensorContent([1], new Float32Array(1))),
      /parameter 1 \(initial_transform\.bias\): exp_avg: expected floating-point numbers \[4\]/,
    ],
    [
      'too few parameters',
      (entries) => dictIn(entries, 'optimizer', 'param_groups', 0).set('params', [0n, 1n]),
      /its optimiser has 2 parameters, expected the \d+ of the model/,
    ],
    [
      'parameters that have made different numbers of steps',
      (entries) => dictIn(entries, 'optimizer', 'state', 2n).set('step', 38n),
      /its optimiser has made 38 steps for initial_transform\.weight_g, expected 39/,
    ],
    [
      'half a step',
      (entries) =>
        dictIn(entries, 'optimizer', 'state', 0n).set('step', new TensorContent([], Float32Array.of(0.5))),
      /expected a "step" that is an integer >= 0, got 0\.5/,
    ],
    [
      'Adam',
      (entries) => {
        for (const slots of dictIn(entries, 'optimizer', 'state').values()) {
          const values = slots as Entries;
          values.set('exp_avg_sq', values.get('exp_inf') ?? null);
          values.delete('exp_inf');
        }
      },
      /its optimiser is Adam \(step, exp_avg, exp_avg_sq\), expected Adamax .*--weights/,
    ],
    [
      'no state at all',
      (entries) => dictIn(entries, 'optimizer', 'state').clear(),
      /its optimiser has no state yet/,
    ],
    [
      'two groups of parameters',
      (entries) => {
        const group = dictIn(entries, 'optimizer', 'param_groups', 0);
        dictIn(entries, 'optimizer').set('param_groups', [group, group]);
      },
      /"param_groups"/,
    ],
  ])('should be refused with %s', async (_, change, message) => {
    expect(await refusal(change)).toMatch(message);
  });

  test('should not be needed whole for its weights, but be refused where it is damaged', async () => {
    const weights = (path: string) => readAnyModelFile(path, { config, weightsOnly: true });
    const ofAdam = await changed((entries) => {
      for (const slots of dictIn(entries, 'optimizer', 'state').values())
        (slots as Entries).delete('exp_inf');
    });
    expect((await weights(ofAdam)).tensors.size).toBeGreaterThan(10);
    const gap = await changed((entries) => dictIn(entries, 'optimizer', 'state').delete(1n));
    await expect(weights(gap)).rejects.toThrow(/parameter 1 /);
  });
});

describe('the configuration of a PyTorch file', () => {
  /** A model with this `model_arch`. */
  async function model(arch: unknown): Promise<string> {
    const path = inFolder('x.model');
    const entries = entriesOf(wholeCheckpoint(config));
    const content: Entries = new Map([['state_dict', dictIn(entries, 'state_dict')]]);
    if (arch !== undefined) content.set('model_arch', arch as string);
    await writeTorch(path, content);
    return path;
  }

  test.each(['model_configs/mine.yaml', 'C:\\nvae\\mine.yml', 'mine'])(
    'should be found beside it by the name in %s',
    async (arch) => {
      const path = await model(arch);
      await writeFile(inFolder('mine.yaml'), formatConfig(config));
      expect((await readAnyModelFile(path)).config).toMatchObject({ name: 'mine', model: config.model });
    },
  );

  test('should be found in model_configs, whatever the folder in the file', async () => {
    await expect(readAnyModelFile(await model('/home/someone/nvae/demo.yaml'))).rejects.toThrow(
      /does not fit the configuration "demo"/,
    );
  });

  test.each<[unknown, RegExp]>([
    [
      '/dev/zero',
      /there is no "zero" \(its model_arch\), neither in model_configs nor as zero\.yaml beside the file; .*--config/,
    ],
    ['model_configs/../../../etc/passwd', /there is no "passwd"/],
    ['..', /does not name it \(its model_arch is "\.\."\).*--config/],
    ['a\nb.yaml', /does not name it/],
    [undefined, /does not name it; .*--config/],
    [7n, /does not name it/],
  ])('should be asked for where model_arch is %p', async (arch, message) => {
    await expect(readAnyModelFile(await model(arch))).rejects.toThrow(message);
  });

  test('should be the one that is given, by path or as an object', async () => {
    const path = await model('/dev/zero');
    await writeFile(inFolder('other.yaml'), formatConfig(config));
    expect((await readAnyModelFile(path, { config: inFolder('other.yaml') })).config.name).toBe('other');
    expect((await readAnyModelFile(path, { config })).config).toBe(config);
    await expect(readAnyModelFile(path, { config: inFolder('none.yaml') })).rejects.toThrow(/none\.yaml/);
  });

  test('should be enough for a state_dict alone', async () => {
    const path = inFolder('weights.pt');
    await writeTorch(path, dictIn(entriesOf(wholeCheckpoint(config)), 'state_dict'));
    expect((await readAnyModelFile(path, { config })).kind).toBe('model');
    await expect(readAnyModelFile(path)).rejects.toThrow(/--config/);
  });

  test('should be given for bytes', async () => {
    const bytes = await readFile(await changed(() => undefined));
    expect((await checkpointFromBytes(bytes, { config })).state.optimizerUpdates).toBe(39);
    expect((await anyModelFileFromBytes(bytes, { config, weightsOnly: true })).kind).toBe('model');
    await expect(checkpointFromBytes(bytes, { name: 'x.model' })).rejects.toThrow(
      /^x\.model: a PyTorch file does not contain its configuration; pass it as the option config$/,
    );
  });
});

test('should warn of a model that has never seen a batch', async () => {
  const path = await changed((entries) => {
    const stateDict = dictIn(entries, 'state_dict');
    for (const name of stateDict.keys()) {
      if (String(name).endsWith('tracked')) stateDict.set(name, new TensorContent([], BigInt64Array.of(0n)));
    }
  });
  const warnings: string[] = [];
  await readAnyModelFile(path, { config, weightsOnly: true, onWarning: (message) => warnings.push(message) });
  expect(warnings).toEqual([`${path}: it has never seen a batch, so its weights are random`]);
});

describe('one of our own files', () => {
  const saved = wholeCheckpoint(config);

  test('should be read without its optimiser where only weights are needed', async () => {
    await saveCheckpoint(inFolder('own.checkpoint'), saved);
    const { kind, tensors } = await readAnyModelFile(inFolder('own.checkpoint'), { weightsOnly: true });
    expect([kind, [...tensors.keys()].some((name) => name.startsWith('adamax.'))]).toEqual(['model', false]);
  });

  test('should be refused with the configuration of another architecture, and taken with that of its own', async () => {
    await saveModel(inFolder('own.model'), saved);
    const other = { ...config, model: { ...config.model, latentSize: 3 } };
    const message = /own\.model: has another architecture: latent_size 3 \(was 2\)/;
    await expect(readAnyModelFile(inFolder('own.model'), { config: other })).rejects.toThrow(message);
    expect((await readAnyModelFile(inFolder('own.model'), { config })).config).toEqual(config);
    await saveCheckpoint(inFolder('own.checkpoint'), saved);
    await expect(loadCheckpoint(inFolder('own.checkpoint'), { config: other })).rejects.toThrow(
      /latent_size/,
    );
  });
});

describe('the previous checkpoint', () => {
  test('should be taken if it is PyTorch’s and ours is damaged', async () => {
    const path = inFolder('own.checkpoint');
    await copyFile(await changed(() => undefined), `${path}.previous`);
    await writeFile(path, 'damaged');
    const warnings: string[] = [];
    const read = await loadCheckpoint(path, { config, onWarning: (message) => warnings.push(message) });
    expect(read.state.optimizerUpdates).toBe(39);
    expect(warnings).toEqual([expect.stringContaining(`using ${path}.previous instead`)]);
  });

  test('should not be taken for a PyTorch file that cannot be resumed: it may be of another run', async () => {
    const path = await changed((entries) => entries.delete('epoch'));
    await saveCheckpoint(inFolder('own', 'a.checkpoint'), wholeCheckpoint(config));
    await copyFile(inFolder('own', 'a.checkpoint'), `${path}.previous`);
    await expect(loadCheckpoint(path, { config })).rejects.toThrow(/its entry "epoch"/);
  });
});
