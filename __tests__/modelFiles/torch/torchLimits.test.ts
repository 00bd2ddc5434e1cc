import { readdir, writeFile } from 'node:fs/promises';
import { describe, expect, test } from '@jest/globals';
import { formatConfig } from '../../../src/config/formatConfig.js';
import type { ModelConfig } from '../../../src/config/types.js';
import { readAnyModelFile } from '../../../src/modelFiles/readAnyModelFile.js';
import { saveTorchCheckpoint } from '../../../src/modelFiles/torch/saveTorchCheckpoint.js';
import { saveTorchModel } from '../../../src/modelFiles/torch/saveTorchModel.js';
import { torchLimits } from '../../../src/modelFiles/torch/torchLimits.js';
import { smallConfig } from '../../support/smallConfig.js';
import { useTemporaryFolder } from '../../support/temporaryFolder.js';
import { wholeCheckpoint } from '../../support/wholeCheckpoint.js';

const pathOf = useTemporaryFolder();

const limits: [Partial<ModelConfig>, string][] = [
  [{ inputDimension: 7 }, 'input_dimension 7 (padded to 8)'],
  [{ imageChannels: 1 }, 'image_channels 1'],
  [{ samplingMethod: 'bernoulli' }, 'sampling_method bernoulli'],
  [{ decoderExpansion: 4 }, 'decoder_expansion 4 (always 6 there)'],
  [{ flowWeightNorm: true }, 'flow_weight_norm true'],
  [{ jointColours: true }, 'joint_colours true'],
];

/** The augmentation is for models of binary images, and means nothing to others. */
const configOf = (changes: Partial<ModelConfig>) => {
  const { augmentation } = smallConfig().training;
  const binarize = changes.samplingMethod === 'bernoulli' ? 'threshold' : 'none';
  return smallConfig(changes, { augmentation: { ...augmentation, binarize } });
};

describe('what the PyTorch implementation cannot build', () => {
  test('should be nothing that it has itself', () => {
    expect(torchLimits(smallConfig().model)).toEqual([]);
    expect(torchLimits(smallConfig({ samplingMethod: 'gaussian_mixture', fixedFlows: true }).model)).toEqual(
      [],
    );
    // The weights are the same, and only training is another.
    expect(torchLimits(smallConfig({ normalizedLikelihood: true }).model)).toEqual([]);
    // Without flows, nothing is normalised.
    expect(torchLimits(smallConfig({ flowWeightNorm: true, numFlows: 0 }).model)).toEqual([]);
  });

  test.each(limits)(
    'should be refused in one message, before anything is written: %j',
    async (changes, key) => {
      const config = configOf(changes);
      const path = pathOf('x.model');
      const problem = `${path}: the PyTorch implementation has no model with ${key} in the configuration small; write our own format (nvae export --dtype float32)`;
      await expect(saveTorchModel(path, wholeCheckpoint(config))).rejects.toThrow(problem);
      await expect(saveTorchCheckpoint(path, wholeCheckpoint(config))).rejects.toThrow(problem);
      expect(await readdir(pathOf())).toEqual([]);
    },
  );

  test('should be named all at once', async () => {
    // those that can be in one configuration
    const together = limits.filter(([{ jointColours }]) => !jointColours);
    const config = configOf(Object.assign({}, ...together.map(([changes]) => changes)));
    const names = together.map(([, name]) => name).join(', ');
    await expect(saveTorchModel(pathOf('x.model'), wholeCheckpoint(config))).rejects.toThrow(
      `has no model with ${names} in the configuration small; write`,
    );
  });

  test.each(limits)('should not be read from its files either: %j', async (changes, key) => {
    const path = pathOf('final.model');
    await saveTorchModel(path, wholeCheckpoint(smallConfig()));
    const config = configOf(changes);
    await expect(readAnyModelFile(path, { config })).rejects.toThrow(
      `${path}: the PyTorch implementation has no`,
    );
    await writeFile(pathOf('small.yaml'), formatConfig(config));
    await expect(readAnyModelFile(path)).rejects.toThrow(
      `has no model with ${key} in the configuration small;`,
    );
  });

  test('should not keep a new model from taking the tensors that fit', async () => {
    const path = pathOf('final.model');
    await saveTorchModel(path, wholeCheckpoint(smallConfig()));
    const misfits: string[] = [];
    const { tensors } = await readAnyModelFile(path, {
      config: smallConfig({ flowWeightNorm: true }),
      weightsOnly: true,
      onMisfit: (misfit) => misfits.push(JSON.stringify(misfit)),
    });
    expect(tensors.has('decoder_constant')).toBe(true);
    expect(misfits.length).toBeGreaterThan(0);
  });
});
