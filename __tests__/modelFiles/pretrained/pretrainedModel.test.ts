import { describe, expect, test } from '@jest/globals';
import { readModelFile } from '../../../src/checkpoint/readModelFile.js';
import { readSafetensorsHeader } from '../../../src/checkpoint/readSafetensors.js';
import { parameterCount, planModel } from '../../../src/model/plan.js';
import { pretrainedModel, pretrainedModels } from '../../../src/modelFiles/pretrained/pretrainedModel.js';

const models = await pretrainedModels();

describe('pretrained models', () => {
  test('should be there, sorted by name', () => {
    const names = models.map(({ name }) => name);
    expect(names).toContain('emoji');
    expect(names).toEqual([...names].sort());
  });

  test.each(models)('should be small, in bfloat16, and have all facts: $name', async (model) => {
    expect(model.bytes).toBeLessThanOrEqual(1_500_000);
    const { tensors } = await readSafetensorsHeader(model.path);
    const types = new Set([...tensors.values()].map(({ dtype }) => dtype));
    expect(types).toContain('BF16');
    const { kind, config } = await readModelFile(model.path);
    expect(kind).toBe('model');
    expect(model.parameters).toBe(parameterCount(planModel(config.model)));
    expect(model).toEqual({
      name: model.name,
      path: expect.stringMatching(/[.]model$/),
      bytes: model.bytes,
      description: expect.stringMatching(/\d+x\d+ pixels/),
      parameters: model.parameters,
      score: {
        bitsPerDimension: expect.any(Number),
        negativeElbo: expect.any(Number),
        images: expect.stringMatching(/\d/),
      },
      data: {
        name: expect.stringMatching(/./),
        licence: expect.stringMatching(/./),
        images: expect.any(Number),
      },
      training: {
        command: expect.stringMatching(/^(nvae|npm) /),
        imagesSeen: expect.any(Number),
        effort: expect.stringMatching(/\d|one|two/),
        date: expect.stringMatching(/^\d{4}-\d\d-\d\d$/),
      },
      check: { images: 100, negativeElbo: expect.any(Number) },
    });
    const { size, channels } = { size: config.model.inputDimension, channels: config.model.imageChannels };
    const bits = model.score.negativeElbo / (size * size * channels * Math.LN2);
    expect(model.score.bitsPerDimension).toBeCloseTo(bits, 4);
    expect(await pretrainedModel(model.name)).toEqual(model);
  });

  test('should say which there are where a name is unknown', async () => {
    const names = models.map(({ name }) => name).join(', ');
    const message = `pretrainedModel: there is no "emojis"; there are ${names} (did you mean emoji?)`;
    await expect(pretrainedModel('emojis')).rejects.toThrow(new RangeError(message));
  });
});
