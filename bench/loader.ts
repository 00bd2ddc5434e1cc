/**
 * Measures the speed of loading alone, from the list of files to the step, with the emoji of the npm package
 * emoji-datasource-google and steps that do nothing. Also measures whether slow steps delay loading, whether they wait for it, and
 * how much processor time it takes from them.
 *
 *     npm run bench:loader -- --json
 */
import { link, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import sharp from 'sharp';
import { emojiFolder } from '../scripts/emojiFolder.js';
import { imageCache } from '../src/data/imageCache.js';
import type { ImageFile } from '../src/data/imageFile.js';
import { listImages } from '../src/data/listImages.js';
import { type Backlog, backlog, type EpochRate, epochRate, prefetch } from './measureLoader.js';
import { median } from './median.js';

const runs = 3;
const epochs = 6;

interface Spread {
  readonly min: number;
  readonly median: number;
}

interface Rates {
  readonly imagesPerSecond: Spread;
  readonly cores: Spread;
  readonly waitShare: Spread;
}

function spread(values: readonly number[]): Spread {
  return { min: Math.min(...values), median: median(values) };
}

function rates(epochs: readonly EpochRate[]): Rates {
  return {
    imagesPerSecond: spread(epochs.map((epoch) => epoch.imagesPerSecond)),
    cores: spread(epochs.map((epoch) => epoch.cores)),
    waitShare: spread(epochs.map((epoch) => epoch.waitShare)),
  };
}

/** The first epoch of each run decodes; the others read from the cache. */
async function measureRates(files: readonly ImageFile[]) {
  const [decoded, kept]: [EpochRate[], EpochRate[]] = [[], []];
  for (let run = 0; run < runs; run += 1) {
    const cache = imageCache();
    decoded.push(await epochRate(files, 0, cache));
    for (let epoch = 1; epoch < epochs; epoch += 1) kept.push(await epochRate(files, epoch, cache));
    await cache.close();
  }
  return { images: decoded[0]?.images ?? 0, decoded: rates(decoded), kept: rates(kept) };
}

/** Two epochs with steps of 20 ms: the first decodes meanwhile, the second reads from the cache. */
async function measureSteps(files: readonly ImageFile[]) {
  const cache = imageCache();
  const decoded = await backlog(files, 20, { cache });
  const kept = await backlog(files, 20, { cache, epoch: 1 });
  await cache.close();
  return { decoded, kept };
}

/** Creates `count` names for one small file: hard links, as many as the file system allows. */
async function manyImages(folder: string, count: number): Promise<void> {
  const background = { r: 200, g: 100, b: 50 };
  const png = await sharp({ create: { width: 16, height: 16, channels: 3, background } })
    .png()
    .toBuffer();
  const first = join(folder, '00000.png');
  await writeFile(first, png);
  for (let i = 1; i < count; i += 1) {
    const path = join(folder, `${String(i).padStart(5, '0')}.png`);
    await link(first, path).catch(() => writeFile(path, png));
  }
}

async function measureMany(count: number): Promise<Backlog> {
  const folder = await mkdtemp(join(tmpdir(), 'nvae-bench-'));
  try {
    await manyImages(folder, count);
    return await backlog(await listImages(folder), 1000, { steps: 5 });
  } finally {
    await rm(folder, { recursive: true });
  }
}

function rateLine(name: string, { imagesPerSecond, cores, waitShare }: Rates): string {
  const rate = `${imagesPerSecond.min.toFixed(0)} min, ${imagesPerSecond.median.toFixed(0)} median`;
  const share = `${(100 * waitShare.median).toFixed(0)} % waiting`;
  return `${name.padEnd(28)} ${rate} images/s, ${cores.median.toFixed(2)} cores, ${share}`;
}

function backlogLine(
  name: string,
  { steps, waitShare, longestWaitMs, processorShare, batchesAlive, secondsToFirstStep, rssBytes }: Backlog,
) {
  const [first, most] = [rssBytes.first, rssBytes.most].map((bytes) => `${(bytes / 2 ** 20).toFixed(0)} MiB`);
  const alive = `${batchesAlive} batches alive at most (prefetch ${prefetch})`;
  const waits = `${(100 * waitShare).toFixed(2)} % waiting, ${longestWaitMs.toFixed(2)} ms at most`;
  const cost = `processor ${(100 * processorShare).toFixed(2)} % of a step's time`;
  const start = `first step after ${secondsToFirstStep.toFixed(2)} s`;
  return `${name.padEnd(28)} ${steps} steps, ${waits}, ${cost}; ${alive}, ${first} resident, then ${most}; ${start}`;
}

const { json } = new Command('bench:loader')
  .option('--json', 'print one JSON object')
  .parse()
  .opts<{ json?: boolean }>();

const files = await listImages(emojiFolder);
const { images, decoded, kept } = await measureRates(files);
const steps = await measureSteps(files);
const many = await measureMany(20_000);
console.log(
  json
    ? JSON.stringify({ images, decoded, kept, steps, many })
    : [
        `${images} images of 64 x 64, ${runs} runs of ${epochs} epochs`,
        rateLine('first epoch (decodes)', decoded),
        rateLine('later epochs (kept)', kept),
        backlogLine('steps of 20 ms, first epoch', steps.decoded),
        backlogLine('steps of 20 ms, second', steps.kept),
        backlogLine('20,000 images, steps of 1 s', many),
      ].join('\n'),
);
