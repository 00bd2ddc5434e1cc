/** One rank of ranks.ts: steps with random images. Rank 0 prints what it measured, as JSON. */
import { loadConfig } from '../src/config/loadConfig.js';
import { useEngine } from '../src/engine/index.js';
import { launchedGroup } from '../src/group/mpi/launchedGroup.js';
import { noiseImages } from '../src/streams/plan/noiseImages.js';
import { Trainer } from '../src/training/trainer.js';
import { median } from './median.js';
import { watchGroup } from './watchGroup.js';

export interface RankTask {
  readonly config: string;
  readonly set: readonly string[];
  /** Images of each rank. */
  readonly batch: number;
  readonly steps: number;
  /** Whether gradients travel while the backward pass goes on. */
  readonly overlap: boolean;
  /** False: each rank trains a model of its own, at the same time as the others. */
  readonly together: boolean;
}

export interface RankFigures {
  /** Of the measured steps: the shortest, and the one in the middle. */
  readonly seconds: { readonly min: number; readonly median: number };
  /** The means of a step. */
  readonly blocking: { readonly seconds: number; readonly calls: number };
  readonly waiting: number;
}

/** The first two steps are recorded, and a comparison of the ranks is in the first. */
const warmup = 4;

const { config: name, set, batch, steps, overlap, together } = JSON.parse(process.argv[2] ?? '') as RankTask;
await useEngine('native');
const config = await loadConfig(name, { overrides: set });
const launched = await launchedGroup();
const watched = together && launched ? watchGroup(launched, overlap) : null;
const trainer = await Trainer.create(config, watched ? { group: watched.group } : {});
const images = noiseImages(config.model, batch);
for (let i = 0; i < warmup; i++) await trainer.step(images, 1);
watched?.reset();
const seconds: number[] = [];
for (let i = 0; i < steps; i++) {
  await launched?.barrier();
  seconds.push((await trainer.step(images, 1)).seconds);
}
const { blocking, calls, waiting } = watched?.figures() ?? { blocking: 0, calls: 0, waiting: 0 };
const figures: RankFigures = {
  seconds: { min: Math.min(...seconds), median: median(seconds) },
  blocking: { seconds: blocking / steps, calls: calls / steps },
  waiting: waiting / steps,
};
await trainer.dispose();
await launched?.close();
if (!launched || launched.rank === 0) console.log(JSON.stringify(figures));
