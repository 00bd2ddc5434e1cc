import { expect, test } from '@jest/globals';
import { loadConfig } from '../../../../src/config/loadConfig.js';
import { useEngine } from '../../../../src/engine/index.js';
import { memoryWarning } from '../../../../src/streams/run/opening/memoryWarning.js';
import { smallConfig } from '../../../support/smallConfig.js';

const gigabytes = (free: number) => ({ free: free * 1e9 });

test('should be none where a run fits', async () => {
  expect(memoryWarning(smallConfig(), 0, gigabytes(1))).toBeNull();
  expect(memoryWarning(smallConfig(), 0)).toBeNull();
  expect(memoryWarning(smallConfig(), 2e9, gigabytes(1))).toContain('needs about 2.2 GB');
});

test('should name settings that fit', async () => {
  await useEngine('cpu');
  const config = await loadConfig('logistic_mixture10latent');
  const warning = memoryWarning(config, 0, gigabytes(3));
  expect(warning).toMatch(
    /^logistic_mixture10latent in batches of 32 needs about 4\.\d GB of memory at its peak, but 3\.0 GB are free; free some memory, or pass --set training_parameters\.batch_size=1\d, or --set training_parameters\.use_tensor_checkpoints=true$/,
  );
});

test('should say so where not even one image fits', async () => {
  const config = await loadConfig('penguin');
  expect(memoryWarning(config, 0, gigabytes(0.5))).toMatch(
    /but 0\.5 GB are free, too little for one image at a time; free some memory, or choose a smaller model$/,
  );
});
