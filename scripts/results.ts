/**
 * Trains and measures what docs/results.md reports, and writes its tables. Everything lies in one folder; what is done is not done
 * again, and a run that was stopped goes on.
 *
 *     npm run results                                   all parts
 *     npm run results -- emoji --only ema,joint_colours some options of one part
 *     npm run results -- data                           only the two folders of emoji, for training and held out
 *     npm run results -- table                          only the tables, from what is there
 */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Argument, Command, InvalidArgumentError } from 'commander';
import { digitsPart, digitsText } from './results/digitsPart.js';
import { emojiData, emojiPart, emojiText } from './results/emojiPart.js';
import { pick, variants } from './results/emojiVariants.js';
import { samplesPart, samplesText } from './results/samplesPart.js';
import { openStore } from './results/store.js';
import { writeTables } from './results/writeTables.js';

const page = fileURLToPath(new URL('../docs/results.md', import.meta.url));

const command = new Command('results')
  .addArgument(
    new Argument('[part]', 'what to do')
      .choices(['all', 'data', 'digits', 'emoji', 'samples', 'table'])
      .default('all'),
  )
  .option('--folder <folder>', 'folder for data, runs and results.json', 'results')
  .option(
    '--only <names>',
    `options of emoji, separated by commas: ${variants.map(({ name }) => name).join(', ')}`,
  )
  .option('--seeds <numbers>', 'seeds of emoji, separated by commas', numbers, [0, 1, 2])
  .option('--epochs <number>', 'epochs of each run of emoji', (text) => numbers(text)[0] ?? 12, 12)
  .option('--page <file>', 'page whose tables are written', page)
  .parse();
const [part = 'all'] = command.processedArgs as [string?];
const options = command.opts<{
  folder: string;
  only?: string;
  seeds: number[];
  epochs: number;
  page: string;
}>();

const store = openStore(join(options.folder, 'results.json'));
const wants = (name: string) => part === 'all' || part === name;
try {
  if (wants('digits')) await digitsPart(store, options.folder);
  if (wants('data')) await emojiData(options.folder);
  if (wants('emoji')) {
    const chosen = pick(options.only?.split(','));
    await emojiPart(store, { ...options, variants: chosen });
  }
  if (wants('samples')) await samplesPart(store);
  const texts = { digits: digitsText(store), emoji: emojiText(store), samples: samplesText(store) };
  console.log(writeTables(options.page, texts));
} catch (error) {
  console.error(`results: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}

function numbers(text: string): number[] {
  const values = text.split(',').map(Number);
  if (values.length > 0 && values.every((value) => Number.isSafeInteger(value) && value >= 0)) return values;
  throw new InvalidArgumentError('Expected integers of at least 0, separated by commas.');
}
