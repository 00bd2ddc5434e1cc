/**
 * Trains one model on several threads. Run `npx tsx examples/several-threads/main.ts [threads]`. Each thread is a rank of a group: it
 * loads and computes its share of every batch. Processes that mpirun has started do the same with the group of `launchedGroup()`.
 */
import { Worker } from 'node:worker_threads';
import { groupMemory } from 'rx-nvae';
import { drawSquares } from '../support/drawSquares.js';
import { outputFolder } from '../support/outputFolder.js';
import { positiveInteger } from '../support/positiveInteger.js';
import { inTemporaryFolder, squaresConfig } from '../support/squares.js';

const size = positiveInteger('threads', process.argv[2] ?? '2');
const memory = groupMemory(size); // shared by the threads
const output = await outputFolder('several-threads');
const config = squaresConfig('epochs=4');

await inTemporaryFolder(async (folder) => {
  await drawSquares(folder);
  const ranks = Array.from({ length: size }, (_, rank) => {
    const data = { memory, rank, config, folder, output };
    const thread = new Worker(new URL('rank.mjs', import.meta.url), { workerData: data });
    return new Promise<void>((resolve, reject) => {
      thread.on('error', reject);
      thread.on('exit', () => resolve());
    });
  });
  await Promise.all(ranks);
});
