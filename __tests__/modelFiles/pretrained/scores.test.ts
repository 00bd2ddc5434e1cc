/** The scores of the pretrained models, measured again; also on every other engine (long/everyEngine). */
import { describe, expect, test } from '@jest/globals';
import { lastValueFrom } from 'rxjs';
import { checkImages } from '../../../scripts/pretrained/checkImages.js';
import { loadModel } from '../../../src/modelFiles/loadModel.js';
import { pretrainedModels } from '../../../src/modelFiles/pretrained/pretrainedModel.js';
import { evaluate } from '../../../src/streams/evaluation/evaluate.js';
import { useTestEngine } from '../../support/engine.js';

useTestEngine();

const models = await pretrainedModels();

describe('pretrained models', () => {
  test.each(models)(
    'should have the recorded score on fixed images: $name',
    async ({ name, path, check }) => {
      const images = await checkImages[name]?.();
      if (!images) throw new Error(`scripts/pretrained/checkImages.ts: no images for ${name}`);
      const model = await loadModel(path);
      const result = await lastValueFrom(evaluate(model, images, { count: check.images }));
      model.dispose();
      if (result.type !== 'result') throw new Error('internal: no result');
      expect(result.images).toBe(check.images);
      // Engines round differently; a wrong tensor, norm or draw changes the score by far more.
      expect(Math.abs(result.negativeElboMass.mean / check.negativeElbo - 1)).toBeLessThan(1e-3);
    },
    600_000,
  );
});
