import { execFile } from 'node:child_process';
import { mkdtemp, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { listConfigs, loadConfig } from '../../src/config/loadConfig.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nvae-config-'));
});
afterAll(() => rm(folder, { recursive: true }));

const small = [
  'channel_towers: 8',
  'number_of_scales: 1',
  'initial_splits_per_scale: 1',
  'latent_size: 2',
  'input_dimension: 8',
  'num_flows: 0',
].join('\n');

const published = [
  'tiny',
  'gaussian_mixture',
  'gaussian_mixture5latent',
  'logistic_mixture10latent',
  'big_logistic_mixture20latentnoflows',
  'large_logistic_mixture20latentnoflows',
  'penguin',
];

describe('loadConfig', () => {
  test.each(published)('should know %s by name', async (name) => {
    const config = await loadConfig(name);
    expect(config.name).toBe(name);
    expect(config.model.inputDimension).toBe(64);
  });

  test('should list them', async () => {
    const names = (await listConfigs()).map((config) => config.name);
    expect(names).toEqual(expect.arrayContaining(published));
  });

  test('should read what differs from the defaults', async () => {
    const { model, training } = await loadConfig('penguin');
    expect(model).toMatchObject({
      initialSplitsPerScale: 6,
      nMix: 10,
      fixedFlows: false,
      cellsPerInputDec: 2,
    });
    expect(training).toMatchObject({ halfPrecision: true, batchSize: 32, warmupEpochs: 50, epochs: 200 });
  });

  test('should read a path and apply overrides', async () => {
    const path = join(folder, 'mine.yaml');
    const lines = ['channel_towers: 8', 'number_of_scales: 1', 'initial_splits_per_scale: 1'];
    await writeFile(path, [...lines, 'latent_size: 2', 'input_dimension: 8', 'num_flows: 0'].join('\n'));
    const config = await loadConfig(path, { overrides: ['training_parameters.epochs=3'] });
    expect(config).toMatchObject({ name: 'mine', training: { epochs: 3 } });
  });

  test('should read a file in UTF-8 with a mark at its beginning, and one that ends in .YAML', async () => {
    const path = join(folder, 'SMALL.YAML');
    await writeFile(path, `\ufeff# größer\n${small}`);
    expect(await loadConfig(path)).toMatchObject({ name: 'SMALL', model: { latentSize: 2 } });
    await expect(loadConfig('NOT-HERE.YML')).rejects.toThrow(/NOT-HERE.YML: cannot be read: ENOENT/);
  });

  test.each([
    ['UTF-16 with a mark', Buffer.from(`\ufeff${small}`, 'utf16le'), ': is UTF-16 or not text'],
    ['UTF-16', Buffer.from(small, 'utf16le'), ': is UTF-16 or not text'],
    ['big-endian UTF-16', Buffer.from(`\ufeff${small}`, 'utf16le').swap16(), ': is UTF-16 or not text'],
    ['Latin-1', Buffer.from(`${small}\n# gr\u00f6\u00dfer`, 'latin1'), 'line 7: not UTF-8'],
  ])('should say how to save a file in %s', async (_, bytes, problem) => {
    const path = join(folder, 'other.yaml');
    await writeFile(path, bytes);
    const refused = loadConfig(path);
    await expect(refused).rejects.toThrow(problem);
    await expect(refused).rejects.toThrow(/; save (it|the file) as UTF-8$/);
  });

  test('should refuse an unknown name with the nearest', async () => {
    await expect(loadConfig('pengiun')).rejects.toThrow(
      /no configuration has this name \(there are .*, tiny\); did you mean "penguin"\?$/,
    );
  });

  test('should take a file of any name that is here, and a known name before it', async () => {
    const before = process.cwd();
    process.chdir(folder);
    try {
      for (const name of ['plain', 'mine.yaml.txt', 'penguin']) await writeFile(name, small);
      expect(await loadConfig('plain')).toMatchObject({ name: 'plain', model: { latentSize: 2 } });
      expect(await loadConfig('mine.yaml.txt')).toMatchObject({ name: 'mine.yaml' });
      expect(await loadConfig('penguin')).toMatchObject({ model: { latentSize: 20 } });
    } finally {
      process.chdir(before);
    }
  });

  test('should say the name where somebody adds an extension to it', async () => {
    await expect(loadConfig('penguin.yaml')).rejects.toThrow(/ENOENT.*; did you mean "penguin"\?$/);
  });

  test('should name a file that is not there', async () => {
    const path = join(folder, 'absent.yaml');
    await expect(loadConfig(path)).rejects.toThrow(`${path}: cannot be read: ENOENT`);
  });

  test('should refuse a pipe, a device and a folder without waiting for them', async () => {
    await promisify(execFile)('mkfifo', [join(folder, 'pipe.yaml')]);
    await symlink('/dev/zero', join(folder, 'device.yaml'));
    for (const path of [join(folder, 'pipe.yaml'), join(folder, 'device.yaml'), `${folder}/`]) {
      await expect(loadConfig(path)).rejects.toThrow(/cannot be read: it is not a file$/);
    }
  });

  test('should refuse a file of a terabyte before reading it', async () => {
    const path = join(folder, 'large.yaml');
    await writeFile(path, 'latent_size: 2');
    await truncate(path, 2 ** 40);
    await expect(loadConfig(path)).rejects.toThrow(
      `${path}: cannot be read: 1099511627776 bytes, more than 1048576`,
    );
  });
});
