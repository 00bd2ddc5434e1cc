import { mkdir, writeFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { configsCommand } from '../../src/cli/commands/configs.js';
import { runCommand } from '../support/runCommand.js';
import { useTemporaryFolder } from '../support/temporaryFolder.js';

const inFolder = useTemporaryFolder();
const before = process.cwd();
beforeEach(() => process.chdir(inFolder()));
afterEach(() => process.chdir(before));

const giant = [
  'channel_towers: 100000000000',
  'number_of_scales: 1',
  'initial_splits_per_scale: 1',
  'latent_size: 2',
  'input_dimension: 8',
  'num_flows: 0',
].join('\n');

describe('nvae configs', () => {
  test('should name the size that images have inside the model, where it is another', async () => {
    await mkdir(inFolder('model_configs'));
    const text = giant.replace(/100000000000/, '2').replace('scales: 1', 'scales: 2');
    await writeFile(inFolder('model_configs', 'odd.yaml'), text.replace('dimension: 8', 'dimension: 7'));
    await writeFile(inFolder('model_configs', 'even.yaml'), text);
    const { stdout } = await runCommand(configsCommand(), []);
    expect(stdout).toMatch(/^odd +7x7, padded to 8x8 {2}gaussian/m);
    expect(stdout).toMatch(/^even +8x8 +gaussian/m);
  });

  test('should list the others where some cannot be used, with a warning each', async () => {
    await mkdir(inFolder('model_configs', 'folder.yaml'), { recursive: true });
    await writeFile(inFolder('model_configs', 'broken.yaml'), 'latent_size: [');
    await writeFile(inFolder('model_configs', 'giant.yaml'), giant);
    await writeFile(inFolder('model_configs', 'utf16.yaml'), Buffer.from('latent_size: 2', 'utf16le'));
    const { stdout, stderr, exitCode } = await runCommand(configsCommand(), []);
    expect(stdout).toMatch(/^demo .*\n/m);
    expect(stdout).toMatch(/^penguin .*\n/m);
    const warnings = stderr.trim().split('\n').sort();
    expect(warnings).toEqual([
      expect.stringMatching(/^warning: model_configs\/broken\.yaml: line 1, .*not valid YAML/),
      expect.stringMatching(/^warning: model_configs\/folder\.yaml: cannot be read/),
      expect.stringMatching(
        /^warning: model_configs\/giant\.yaml: number of parameters: .*; lower channel_towers/,
      ),
      expect.stringMatching(/^warning: model_configs\/utf16\.yaml: .*save it as UTF-8$/),
    ]);
    expect(exitCode).toBeUndefined();
  });
});
