import { EMPTY, NEVER } from 'rxjs';
import type { NvaeConfig } from '../../../config/types.js';
import { imageCache } from '../../../data/imageCache.js';
import { skippedImages } from '../epochs/skippedImages.js';
import { warning } from '../events.js';
import type { RunRanks } from '../ranks/runRanks.js';
import type { TrainOptions } from '../trainOptions.js';
import type { RunWriter } from '../writer/runWriter.js';
import type { ListedImages } from './listImages.js';
import { openTrainer } from './openTrainer.js';
import type { Run, Warn } from './run.js';
import { runPaths } from './runPaths.js';

/** Opens a run on a rank that writes nothing and tells rank 0 its warnings. It starts where a new run does. */
export async function openFollower(
  config: NvaeConfig,
  options: TrainOptions,
  { dataset, items, validation }: ListedImages,
  ranks: RunRanks,
): Promise<Run> {
  const paths = runPaths(config.name, { ...options, runsFolder: null });
  const trainer = await openTrainer(config, options, { checkpoint: null, weights: null }, paths.checkpoint);
  const cache = imageCache(options.cache);
  const warn: Warn = (about, message) => ranks.warn(warning(about, message));
  const warnAbout = (about: string) => (message: string) => warn(about, message);
  return {
    config,
    ranks,
    trainer,
    dataset,
    items,
    cache,
    paths,
    start: { epoch: 0, imagesTaken: 0 },
    resumed: false,
    initFrom: null,
    validation,
    measured: null,
    warn,
    warnings$: EMPTY,
    skipped: skippedImages(warnAbout('dataset')),
    skippedHeldOut: skippedImages(warnAbout('validation')),
    writer: noWriter,
    flush$: NEVER,
    flushed: noWriter.flush,
    lost$: NEVER,
    save: () => noWriter.save,
    async close() {
      await Promise.all([trainer.dispose(), cache.close(), dataset.close?.(), validation?.dataset.close?.()]);
    },
  };
}

const nothing = async () => undefined;
const noWriter: RunWriter = {
  append: nothing,
  save: nothing,
  ready: nothing,
  flush: nothing,
  close: nothing,
};
