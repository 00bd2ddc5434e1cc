import { readFile } from 'node:fs/promises';
import { describe, expect, test } from '@jest/globals';
import { loadConfig } from '../../../src/config/loadConfig.js';
import { fittingConfiguration, fittingSizes } from '../../../src/streams/datasets/fittingConfiguration.js';

const photos = { images: 20_000, shorterSide: 178, isGrey: false, nearlyBlackOrWhite: 0.2 };

describe('fittingConfiguration', () => {
  test.each([
    [{}, 'logistic_mixture10latent', ['training_parameters.batch_size=8']],
    [{ isGrey: true }, 'logistic_mixture10latent', ['training_parameters.batch_size=8', 'image_channels=1']],
    [{ images: 9_999 }, 'demo', []],
    [{ shorterSide: 63 }, 'demo', []],
    [{ shorterSide: 24 }, 'demo', ['input_dimension=24']],
    [{ shorterSide: 24, isGrey: true }, 'demo', ['input_dimension=24', 'image_channels=1']],
    [{ shorterSide: 28, isGrey: true, nearlyBlackOrWhite: 0.95 }, 'digits', []],
    [{ shorterSide: 16, isGrey: true, nearlyBlackOrWhite: 0.95 }, 'digits', ['input_dimension=16']],
    [{ shorterSide: 28, nearlyBlackOrWhite: 0.95 }, 'demo', ['input_dimension=28']],
  ])('%j should get %s', async (change, configuration, set) => {
    expect(fittingConfiguration({ ...photos, ...change })).toMatchObject({ configuration, set });
    await expect(loadConfig(configuration, { overrides: set })).resolves.toBeDefined();
  });

  test('should say why in one line', () => {
    expect(fittingConfiguration({ ...photos, images: 60_000 }).reason).toBe(
      '60,000 images of at least 64x64; with a GPU, penguin; demo (32x32) shows first whether they are learnable',
    );
    expect(fittingConfiguration({ ...photos, images: 400 }).reason).toBe(
      '400 images; 64x64 needs 10,000 or more; with fewer than 1,000, it may learn them by heart',
    );
    expect(fittingConfiguration({ ...photos, shorterSide: 48 }).reason).toBe(
      'most images are smaller than 64x64',
    );
  });

  test('should know the sizes of the configurations, and suggest what the documentation does', async () => {
    const page = await readFile(new URL('../../../docs/own-images.md', import.meta.url), 'utf8');
    for (const [name, size] of Object.entries(fittingSizes)) {
      expect((await loadConfig(name)).model.inputDimension).toBe(size);
      expect(page).toMatch(new RegExp(`\\| \`${name}\`.*\\| ${size}x${size} \\|`));
    }
    expect(page).toContain('| 10,000 or more, 64x64');
    expect(page).toContain('| 50,000 or more, and a GPU | `penguin`');
  });
});
