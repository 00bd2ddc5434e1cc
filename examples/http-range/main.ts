/**
 * Trains on an array of images on a web server, of which only the ranges that are needed are loaded. Run
 * `npx tsx examples/http-range/main.ts`. The server is part of the example; now and then it is busy.
 */
import { train, useEngine } from 'rx-nvae';
import { lastValueFrom } from 'rxjs';
import { drawDisc } from '../own-dataset/drawDisc.js';
import { outputFolder } from '../support/outputFolder.js';
import { printed } from '../support/printed.js';
import { inTemporaryFolder, squaresConfig } from '../support/squares.js';
import { remoteArray } from './remoteArray.js';
import { serveFile } from './serveFile.js';

const [count, size] = [64, 24];
const discs = Array.from({ length: count }, (_, index) => drawDisc(index, size));
const header = `{'descr': '|u1', 'fortran_order': False, 'shape': (${count}, ${size}, ${size}, 3), }`;
const npy = Buffer.concat([
  Buffer.from('\x93NUMPY\x01\0\x76\0', 'latin1'),
  Buffer.from(`${header.padEnd(117)}\n`),
  ...discs,
]);
const output = await outputFolder('http-range');
const server = await serveFile(npy, (request) => request % 30 === 0);

await useEngine('auto');
await inTemporaryFolder(async (folder) => {
  const dataset = remoteArray(server.url);
  const options = {
    name: 'remote',
    dataset,
    weightsFolder: folder,
    picturesFolder: output,
    runsFolder: null,
  };
  await lastValueFrom(printed(train(squaresConfig('epochs=3'), options), 'discs'));
});
console.log(`${server.requests()} requests for ${count} images`);
await server.close();
