/**
 * Writes MNIST as folders of PNG files: 60,000 digits in <folder>/train, 10,000 in <folder>/test.
 *
 *     npm run mnist -- mnist
 *     npx nvae train digits --dataset mnist/train
 *     npx nvae evaluate digits mnist/test
 */
import { join } from 'node:path';
import { Command } from 'commander';
import { writeMnist } from './mnist/writeMnist.js';

const command = new Command('mnist')
  .argument('<folder>', 'folder to write')
  .option('--count <number>', 'number of digits in each part, the first ones', Number)
  .parse();
const [folder = ''] = command.args;
const { count } = command.opts<{ count?: number }>();

for (const part of ['train', 'test'] as const) {
  const path = join(folder, part);
  console.log(`${await writeMnist(part, path, count)} digits in ${path}`);
}
