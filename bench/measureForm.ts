/**
 * Measures one form in a process of its own, for forms.ts: how long the first image takes, and with `epoch` the speed of the first
 * epoch beside that of sharp alone. Prints JSON.
 */
import { lastValueFrom, toArray } from 'rxjs';
import sharp, { type Sharp } from 'sharp';
import { datasetAt } from '../src/data/datasetAt.js';
import { imageCache } from '../src/data/imageCache.js';
import { itemPixels } from '../src/data/itemPixels.js';
import { itemAt } from '../src/data/itemsOf.js';
import { listItems } from '../src/data/listItems.js';
import { itemBatches } from '../src/streams/images/itemBatches.js';
import { permuted } from '../src/streams/images/permuted.js';
import { trainStep } from '../src/streams/run/trainStep.js';
import { fakeTrainer } from './measureLoader.js';
import { type Encoding, height, somePhotos, width } from './writeForms.js';

/** What one process measures. */
export interface FormMeasure {
  /** Seconds from opening the dataset to the pixels of its first image. */
  readonly firstImage: number;
  /** Peak resident memory, in bytes. */
  readonly peak: number;
  /** In turns. */
  readonly loaded: readonly Rate[];
  readonly alone: readonly Rate[];
}

export interface Rate {
  readonly imagesPerSecond: number;
  /** Processor time per image: other programs on the machine change it less than the speed. */
  readonly milliseconds: number;
}

const size = 64;
const [batchSize, prefetch] = [32, 2];
/** Short turns: what else the machine does is then much the same in both halves of one. */
const mostPerTurn = 1000;
const signal = new AbortController().signal;
const [path = '', encoding = 'jpeg', rounds = '0'] = process.argv.slice(2);

const begin = performance.now();
const dataset = await datasetAt(path);
const items = await listItems(dataset, { signal, onWarning: (message) => console.error(message) });
const first = await itemPixels(dataset, itemAt(items, 0), { size, channels: 3 });
if (first === null) throw new Error(`${path}: its first image cannot be read`);
const firstImage = (performance.now() - begin) / 1000;

const [loaded, alone]: [Rate[], Rate[]] = [[], []];
const turns = Number(rounds);
if (turns > 0) {
  const cache = imageCache({ memoryLimit: 2 ** 26 });
  const order = permuted(
    Uint32Array.from({ length: items.length }, (_, i) => i),
    1,
    0,
  );
  const images = Math.min(mostPerTurn, Math.floor(order.length / turns));
  const photos = await somePhotos(50);
  const epoch = (part: Uint32Array) => {
    const batches$ = itemBatches(items, { dataset, size, cache, order: part, batchSize });
    return lastValueFrom(batches$.pipe(trainStep(fakeTrainer(0), { prefetch }), toArray()));
  };
  for (let turn = 0; turn < turns; turn += 1) {
    const part = order.subarray(turn * images, (turn + 1) * images);
    const both = [
      async () => loaded.push(await rateOf(images, () => epoch(part))),
      async () =>
        alone.push(await rateOf(images, () => sharpAlone(images, (i) => photos.at(i)[encoding as Encoding]))),
    ];
    if (turn % 2 === 1) both.reverse();
    for (const measure of both) await measure();
  }
  await cache.close();
}
await dataset.close?.();
const measure: FormMeasure = { firstImage, peak: process.resourceUsage().maxRSS * 1024, loaded, alone };
console.log(JSON.stringify(measure));

async function rateOf(images: number, work: () => Promise<unknown>): Promise<Rate> {
  const [start, used] = [performance.now(), process.cpuUsage()];
  await work();
  const { user, system } = process.cpuUsage(used);
  const imagesPerSecond = (1000 * images) / (performance.now() - start);
  return { imagesPerSecond, milliseconds: (user + system) / 1000 / images };
}

/** Images from memory to pixels, as many at a time as the loader decodes. */
async function sharpAlone(images: number, bytesOf: (index: number) => Buffer): Promise<void> {
  let next = 0;
  const worker = async () => {
    while (next < images) {
      const bytes = bytesOf(next);
      next += 1;
      await pixelsOf(bytes);
    }
  };
  await Promise.all(Array.from({ length: batchSize * (prefetch + 1) }, worker));
}

function pixelsOf(bytes: Buffer): Promise<unknown> {
  const whites = { background: '#ffffff' };
  const fit = { fit: 'cover' } as const;
  return opened(bytes)
    .rotate()
    .flatten(whites)
    .resize(size, size, fit)
    .toColourspace('srgb')
    .raw()
    .toBuffer();
}

function opened(bytes: Buffer): Sharp {
  if (encoding === 'jpeg') return sharp(bytes);
  if (encoding === 'tiny') return sharp(bytes, { raw: { width: 32, height: 32, channels: 3 } });
  return sharp(bytes, { raw: { width, height, channels: encoding === 'grey' ? 1 : 3 } });
}
