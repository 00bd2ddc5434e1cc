/**
 * Writes any number of samples to a folder, for example to train another model on them. Run
 * `npx tsx examples/sample-dataset/main.ts [model file] [--count 1000] [--out folder] [--temperature 0.8]`. At most three
 * batches are in memory.
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { mapAhead, readjustBatchNorm, samples, useEngine, writeImages } from 'rx-nvae';
import { lastValueFrom, of, range, scan, tap } from 'rxjs';
import { outputFolder } from '../support/outputFolder.js';
import { positiveInteger } from '../support/positiveInteger.js';
import { modelOf } from '../support/squares.js';

const { values, positionals } = parseArgs({
  options: {
    count: { type: 'string', default: '1000' },
    out: { type: 'string' },
    temperature: { type: 'string', default: '0.8' },
  },
  allowPositionals: true,
});
const total = positiveInteger('count', values.count);
const temperature = Number(values.temperature);
const batchSize = 100;
const folder = values.out ?? (await outputFolder('sample-dataset'));
const path = (i: number) => join(folder, `${String(i).padStart(6, '0')}.png`);

await useEngine('auto');
using model = await modelOf(positionals[0]);
const begin = performance.now();
await lastValueFrom(of(model).pipe(readjustBatchNorm({ temperature, iterations: 20, batchSize })));
const files$ = range(0, Math.ceil(total / batchSize)).pipe(
  mapAhead(
    (firstBatch) => {
      const size = Math.min(batchSize, total - firstBatch * batchSize);
      return samples(model, { count: size, batchSize: size, firstBatch, temperature });
    },
    (images, batch) => of(images).pipe(writeImages((i) => path(batch * batchSize + i))),
  ),
  scan((written) => written + 1, 0),
  tap((written) => {
    if (written % 250 === 0) console.log(`${written} images`);
  }),
);
const written = await lastValueFrom(files$);
const seconds = (performance.now() - begin) / 1000;
console.log(`${written} images in ${folder}, ${seconds.toFixed(1)} s`);
