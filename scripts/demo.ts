/**
 * Trains on images that come with npm packages, then samples from the model, with the same two commands that a user would type.
 * Writes everything to demo/; when run again, it resumes.
 *
 *     npm run demo                                     handwritten digits, which are learned fastest
 *     npm run demo -- --data emoji --seconds 600       emoji in colour
 */
import { spawnSync } from 'node:child_process';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command, Option } from 'commander';
import { emojiFolder } from './emojiFolder.js';
import { mnist } from './mnist.js';

interface Data {
  /** Name of the configuration, and of the run. */
  readonly config: string;
  readonly dataset: () => string;
  /** What is set for a short run, to see the first pictures soon. */
  readonly overrides: readonly string[];
  readonly temperature: string;
}

const data: Readonly<Record<string, Data>> = {
  digits: {
    config: 'digits',
    dataset: () => mnist('train'),
    overrides: ['training_parameters.images_per_checkpoint=2000'],
    temperature: '0.8',
  },
  emoji: { config: 'demo', dataset: () => emojiFolder, overrides: [], temperature: '0.8' },
};

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const cli = join(root, 'dist/cli/main.js');

const options = new Command('demo')
  .addOption(new Option('--data <name>', 'images to train on').choices(Object.keys(data)).default('digits'))
  .option('--seconds <number>', 'how long to train', '170')
  .option('--engine <name>', 'compute engine', 'auto')
  .parse()
  .opts<{ data: keyof typeof data; seconds: string; engine: string }>();

const { config, dataset, overrides, temperature } = data[options.data] as Data;
const engine = ['--engine', options.engine];
const sets = overrides.flatMap((override) => ['--set', override]);
nvae(
  'train',
  config,
  '--dataset',
  dataset(),
  '--folder',
  'demo',
  '--seconds',
  options.seconds,
  ...sets,
  ...engine,
);
nvae(
  'sample',
  `demo/saved_weights/${config}.checkpoint`,
  temperature,
  '--out',
  'demo/images/samples.png',
  ...engine,
);
console.error(
  `\nNext: run this again to train longer, see what an hour gives (npx nvae sample digits 0.8), or train on your own images (docs/own-images.md).`,
);

function nvae(...args: string[]): void {
  console.error(`\n$ nvae ${args.map((arg) => relative(root, arg) || arg).join(' ')}`);
  const { status, signal } = spawnSync(process.execPath, [cli, ...args], { cwd: root, stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? (signal === 'SIGINT' ? 130 : 1));
}
