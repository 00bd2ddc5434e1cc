/** Options of `nvae train` in a process of its own. */
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { writePictures } from '../support/pictures.js';
import { runCli } from '../support/runCli.js';
import { smallYaml } from '../support/smallYaml.js';
import { useTemporaryFolder } from '../support/temporaryFolder.js';

const config = smallYaml('epochs: 2, epochs_per_checkpoint: 1');

const inFolder = useTemporaryFolder();
const nvae = (...args: string[]) => runCli(args, { cwd: inFolder() });
beforeEach(async () => {
  await writePictures(inFolder('dataset'), 10);
  await writeFile(inFolder('small.yaml'), config);
});

describe('nvae train', () => {
  test('should train by the seed, on the engine and in the folder that it is given, and be quiet', async () => {
    const train = async (folder: string, ...more: string[]) => {
      const args = [
        'train',
        'small.yaml',
        '--folder',
        folder,
        '--set',
        'training_parameters.epochs=1',
        ...more,
      ];
      const run = await nvae(...args);
      return {
        ...run,
        weights: await readFile(inFolder(folder, 'saved_weights', 'final_result_small.model')),
      };
    };
    const first = await train('a', '--quiet');
    expect([first.code, first.stderr]).toEqual([0, '']);
    const json = await train('b', '--json', '--seed', '5', '--engine', 'cpu');
    const events = json.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(events).toContainEqual(expect.objectContaining({ type: 'started', seed: 5, engine: 'cpu' }));
    expect(events.at(-1)).toMatchObject({ type: 'finished' });
    expect(json.weights.equals(first.weights)).toBe(false);
  });

  test('should train on a list on standard input, keep it, and resume from the same or the kept one', async () => {
    const paths = ['00.png', '03.png', '05.png', '07.png'].map((name) => join('dataset', name));
    const list = `${paths.join('\n')}\n`;
    const train = (epochs: number, stdin: string, dataset = '-') =>
      runCli(
        [
          'train',
          'small.yaml',
          '--engine',
          'native',
          '--dataset',
          dataset,
          '--set',
          `training_parameters.epochs=${epochs}`,
        ],
        { cwd: inFolder(), stdin },
      );
    const first = await train(1, list);
    const kept = join('runs', 'small', 'dataset-');
    expect(first.stderr).toContain(`list of standard input: ${kept}`);
    expect(first.stderr).toContain('4 images');
    const again = await train(2, list);
    expect([again.code, again.stderr]).toEqual([0, expect.not.stringContaining('the dataset has changed')]);
    expect(again.stderr).toContain('resumed after step');
    const [file = ''] = (await readdir(inFolder('runs', 'small'))).filter((name) =>
      name.startsWith('dataset-'),
    );
    expect(await readFile(inFolder('runs', 'small', file), 'utf8')).toBe(
      `# relative to: ${inFolder()}\n${list}`,
    );
    const third = await train(3, '', join('runs', 'small', file));
    expect([third.code, third.stderr]).toEqual([0, expect.not.stringContaining('the dataset has changed')]);
    const none = await train(4, '');
    expect([none.code, none.stderr]).toEqual([
      1,
      expect.stringContaining(`or pass --dataset ${join('runs', 'small', file)}`),
    ]);
    const fewer = await train(4, list.split('\n').slice(1).join('\n'));
    expect(fewer.stderr).toContain('the dataset has changed since the checkpoint (4 images before, 3 now)');
    const wrong = await train(5, 'dataset/gone.png\n');
    expect([wrong.code, wrong.stderr]).toEqual([
      1,
      expect.stringContaining('its only file is not there (dataset/gone.png)'),
    ]);
  }, 300_000);

  test('should train on several datasets with weights, and resume', async () => {
    await writePictures(inFolder('more'), 3);
    const train = (epochs: number, ...datasets: string[]) =>
      nvae(
        ...['train', 'small.yaml', '--engine', 'native', '--set', `training_parameters.epochs=${epochs}`],
        ...datasets.flatMap((dataset) => ['--dataset', dataset]),
      );
    const first = await train(1, 'dataset', 'more:4');
    expect([first.code, first.stderr]).toEqual([0, expect.stringContaining('22 images in batches of')]);
    const again = await train(2, 'dataset', 'more:4');
    expect([again.code, again.stderr]).toEqual([0, expect.not.stringContaining('has changed')]);
    const other = await train(3, 'dataset', 'more:2');
    expect(other.stderr).toContain('has changed since the checkpoint (22 images before, 16 now)');
    const refused = await train(3, 'dataset', 'more:0.5');
    expect([refused.code, refused.stderr]).toEqual([
      1,
      expect.stringContaining('expected a positive integer'),
    ]);
    const missing = await train(3, 'dataset', 'none:2');
    expect([missing.code, missing.stderr]).toEqual([
      1,
      expect.stringContaining('none: folder does not exist'),
    ]);
  }, 300_000);

  test('should name a run as --name says, for nvae watch too', async () => {
    const args = ['train', 'small.yaml', '--engine', 'native', '--name', 'a second', '--set'];
    const { code, stdout } = await nvae(...args, 'training_parameters.epochs=1');
    expect([code, stdout]).toEqual([0, `${join('saved_weights', 'final_result_a second.model')}\n`]);
    expect((await nvae(...args, 'training_parameters.epochs=2')).stderr).toContain('resumed after step 3');
    const watched = await nvae('watch', 'a second');
    expect(watched.stderr).toContain('training a second on native');
    expect(await readdir(inFolder('images', 'a second'))).not.toEqual([]);
  });
});
