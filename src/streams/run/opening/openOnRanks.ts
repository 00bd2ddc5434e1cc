/** Opens a run on all ranks of a group. */
import { hostName } from '../../../base/hostName.js';
import type { NvaeConfig } from '../../../config/types.js';
import { fingerprintOf } from '../../ranks/fingerprint.js';
import { warning } from '../events.js';
import { openTogether } from '../ranks/openTogether.js';
import type { RunRanks } from '../ranks/runRanks.js';
import { shareState } from '../ranks/shareState.js';
import type { TrainOptions } from '../trainOptions.js';
import { checkAgreement, type RankFacts } from './agreement.js';
import { decodedBytes } from './decodedBytes.js';
import { closingOnError, type ListedImages, listImages } from './listImages.js';
import { memoryWarningOfRank } from './memoryWarning.js';
import { openFollower } from './openFollower.js';
import { type OpeningControls, openListed } from './openRun.js';
import type { Run } from './run.js';

/** What a rank tells the others about itself. */
interface Facts extends RankFacts {
  readonly host: string;
  /** Warnings about the dataset. */
  readonly warnings: readonly string[];
}

/**
 * Rank 0 opens the run as a process on its own does, and its state is what counts: the other ranks need not see its files.
 * @throws GroupError when the ranks differ, or opening has failed on another rank, and whatever `openRun` throws
 */
export async function openOnRanks(
  config: NvaeConfig,
  options: TrainOptions,
  { ranks, ...controls }: OpeningControls & { readonly ranks: RunRanks },
): Promise<Run> {
  const { signal } = controls;
  const left = (failed: AbortSignal) =>
    AbortSignal.any([signal, failed, ...(options.signal ? [options.signal] : [])]);
  const { opened: images, told } = await openTogether(ranks, {
    open: (failed) => listImages(config, options, left(failed)),
    tell: (images) => factsOf(config, options, images),
    close: ({ dataset }) => dataset.close?.(),
  });
  await closingOnError(images.dataset, async () => checkAgreement(told));
  warnOnce(config, options, images, told, ranks);
  const { opened: run, told: starts } = await openTogether(ranks, {
    open: (failed) =>
      closingOnError(images.dataset, () =>
        ranks.speaks
          ? openListed(config, options, images, { ...controls, left: left(failed), ranks })
          : openFollower(config, options, images, ranks),
      ),
    tell: ({ start, resumed, initFrom, measured }) => ({ start, resumed, initFrom, measured }),
    close: (run) => run.close(),
  });
  const start = starts[0] as (typeof starts)[number];
  try {
    if (start.resumed || start.initFrom !== null) await shareState(ranks, run.trainer);
    return { ...run, ...start };
  } catch (error) {
    await run.close();
    throw error;
  }
}

function factsOf(
  config: NvaeConfig,
  { seed = config.training.seed }: TrainOptions,
  { items, validation, warnings }: ListedImages,
): Facts {
  return {
    config,
    seed,
    images: fingerprintOf(items),
    heldOut: validation && fingerprintOf(validation.items),
    host: hostName(),
    warnings,
  };
}

/** Warns of what only this rank sees; what concerns a machine is told by its first rank. */
function warnOnce(
  config: NvaeConfig,
  options: TrainOptions,
  { listed, warnings }: ListedImages,
  told: readonly Facts[],
  { group, warn, speaks }: RunRanks,
): void {
  const known = told[0]?.warnings ?? [];
  for (const message of warnings) {
    if (!speaks && !known.includes(message)) warn(warning('dataset', message));
  }
  const hosts = told.map(({ host }) => host);
  const host = hosts[group.rank];
  if (hosts.indexOf(host as string) !== group.rank) return;
  const neighbours = hosts.filter((other) => other === host).length;
  const problem = memoryWarningOfRank(config, decodedBytes(config, options, listed), {
    ranks: group.size,
    neighbours,
  });
  if (problem !== null) warn(warning('memory', problem));
}
