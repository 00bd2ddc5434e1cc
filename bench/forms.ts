/**
 * Measures the forms in which a dataset may come: images per second in the first epoch beside those of sharp alone on the same bytes
 * in memory, in turns; the time to the first image, at the first start and with a kept index; and peak memory. Each form is measured
 * in processes of its own. LMDB and Parquet are written by Python (`PYTHON=...`, with the modules lmdb and pyarrow), and left out
 * without it.
 *
 *     npm run bench:forms -- --images 10000 --only zip,tar
 */
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Command } from 'commander';
import type { FormMeasure, Rate } from './measureForm.js';
import { median } from './median.js';
import { type Encoding, type Form, forms, somePhotos } from './writeForms.js';

const child = fileURLToPath(new URL('./measureForm.ts', import.meta.url));

const { images, rounds, only } = new Command('bench:forms')
  .option('--images <number>', 'images in each form', Number, 10_000)
  .option('--rounds <number>', 'turns of loading and of sharp alone', Number, 5)
  .option('--only <names>', 'names of the forms, with commas', (names: string) => names.split(','))
  .parse()
  .opts<{ images: number; rounds: number; only?: string[] }>();

async function measured(
  path: string,
  encoding: Encoding,
  turns: number,
  cache: string,
): Promise<FormMeasure> {
  const args = ['--import', 'tsx', child, path, encoding, String(turns)];
  const { stdout } = await promisify(execFile)(process.execPath, args, {
    env: { ...process.env, XDG_CACHE_HOME: cache },
    maxBuffer: 2 ** 24,
  });
  return JSON.parse(stdout) as FormMeasure;
}

async function row({ name, encoding, write }: Form): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'nvae-forms-'));
  try {
    const path = await write(folder, photos);
    if (path === null) return `${name.padEnd(10)} left out: Python or a module of it is missing`;
    const cache = join(folder, 'cache');
    const { firstImage } = await measured(path, encoding, 0, cache);
    const again = await measured(path, encoding, 0, cache);
    const { loaded, alone, peak } = await measured(path, encoding, rounds, cache);
    const rates = (values: readonly Rate[]) => {
      const speeds = values.map(({ imagesPerSecond }) => imagesPerSecond);
      return `${Math.min(...speeds).toFixed(0)} to ${median(speeds).toFixed(0)}`.padStart(14);
    };
    const relative = (of: (rate: Rate) => number) => {
      const ratios = loaded.map((rate, turn) => of(rate) / of(alone[turn] as Rate));
      return `${Math.min(...ratios).toFixed(2)} to ${median(ratios).toFixed(2)}`.padStart(14);
    };
    const speed = relative(({ imagesPerSecond }) => imagesPerSecond);
    const processor = relative(({ milliseconds }) => milliseconds);
    const seconds = [firstImage, again.firstImage].map((value) => value.toFixed(2).padStart(7));
    const memory = (peak / 2 ** 20).toFixed(0).padStart(8);
    return [name.padEnd(10), rates(loaded), rates(alone), speed, processor, ...seconds, memory].join(' ');
  } catch (error) {
    return `${name.padEnd(10)} failed: ${/\w*Error: (?!Command).*/.exec(String(error))?.[0] ?? String(error)}`;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const photos = await somePhotos(images);
console.log(`${images} images, ${rounds} turns of at most 1,000; minimum to median`);
console.log('form             loaded/s  sharp alone/s speed/alone cpu/alone first image, again/s peak/MiB');
for (const form of forms) if (!only || only.includes(form.name)) console.log(await row(form));
