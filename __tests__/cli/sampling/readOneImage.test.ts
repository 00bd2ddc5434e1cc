import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { readOneImage } from '../../../src/cli/sampling/readOneImage.js';
import { smallConfig } from '../../support/checkpoints.js';
import { useOwnCacheFolder } from '../../support/ownCacheFolder.js';
import { useTemporaryFolder } from '../../support/temporaryFolder.js';

const inFolder = useTemporaryFolder();
useOwnCacheFolder(inFolder);
const fixtures = fileURLToPath(new URL('../../data/fixtures/', import.meta.url));
const model = { config: smallConfig().model };

test.each([
  ['parquet/hub.parquet/00012', [125, 188, 84]],
  ['parquet/two.parquet/back/00001', [45, 196, 28]],
  ['parquet/data/train-00001-of-00002.parquet/00003', [35, 197, 21]],
  ['shards/samples/shard-000001.tar/part/0003.png', [35, 197, 21]],
  ['archives/plain.zip/one.png', [5, 200, 0]],
])('an image of a file of many should be read: %s', async (path, colour) => {
  const { pixels, names } = await readOneImage(`${fixtures}${path}`, model);
  expect([...pixels.subarray(0, 3)]).toEqual(colour);
  expect(path.endsWith(names[0] ?? '')).toBe(true);
});

test.each([
  ['parquet/hub.parquet/00099', /has no image "00099"; name one, such as .*hub.parquet\/00000$/],
  ['archives/plain.zip/cat?.png', /has no image "cat\?.png"; name one, such as .*one.png$/],
  ['shards/samples', /it holds many images; name one, such as .*shard-000000.tar\/part\/0000.png$/],
])('a path that names no image should be refused: %s', async (path, message) => {
  await expect(readOneImage(`${fixtures}${path}`, model)).rejects.toThrow(message);
});
