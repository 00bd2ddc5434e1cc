/**
 * Measures how the time of a step grows with the batch, the number of latent groups and the size of the images. Each size is
 * a process of its own; those that are compared take turns.
 *
 *     npm run bench:growth -- --config logistic_mixture10latent
 */
import { Command } from 'commander';
import { messageOf } from '../src/base/errors.js';
import { loadConfig } from '../src/config/loadConfig.js';
import { allSeries, type Point, type Series } from './growth/series.js';
import { type Growth, lineOf, rowsOf } from './growth/table.js';
import { median } from './median.js';
import { inTurns } from './processes/inTurns.js';
import { startOurs } from './processes/startOurs.js';
import { workload } from './processes/workload.js';

interface Options {
  readonly config: string;
  readonly set: readonly string[];
  readonly batch: number;
  readonly most: number;
  readonly rounds: number;
  readonly json?: boolean;
}

const options = new Command('bench:growth')
  .option('--config <name>', 'configuration: a name or a path', 'logistic_mixture10latent')
  .option('--set <key=value...>', 'override keys of the configuration', [])
  .option('--batch <number>', 'images per step while something else grows', Number, 8)
  .option('--most <number>', 'the largest batch', Number, 32)
  .option('--rounds <number>', 'measured steps of each size', Number, 5)
  .option('--json', 'print one JSON object')
  .parse()
  .opts<Options>();

/** Measures the sizes of a series in turns. */
async function growthOf({ name, unit, points }: Series): Promise<Growth> {
  const { rounds } = options;
  const start = async ({ batch, set }: Point) => {
    await using load = await workload(options.config, [...options.set, ...set], batch);
    return await startOurs(load, { simd: null, set: [] }); // its files are read by then
  };
  const needed = await inTurns(points, start, 'step', { rounds, steps: 1, warmup: 2 });
  const measured = needed.map(({ seconds, peakBytes }, i) => {
    return { units: points[i]!.units, min: Math.min(...seconds), median: median(seconds), peakBytes };
  });
  return { name, unit, measured };
}

try {
  const { model } = await loadConfig(options.config, { overrides: options.set });
  const growths: Growth[] = [];
  for (const series of allSeries(options.batch, model.numberOfScales, options.most)) {
    growths.push(await growthOf(series));
  }
  if (options.json) {
    console.log(JSON.stringify({ growths: growths.map((growth) => ({ ...growth, line: lineOf(growth) })) }));
  } else {
    console.log(growths.map((growth) => rowsOf(growth).join('\n')).join('\n\n'));
  }
} catch (error) {
  console.error(messageOf(error));
  process.exitCode = 1;
}
