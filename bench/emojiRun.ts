/** A training run on the emoji that leaves nothing on disk. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { filter, lastValueFrom, map, take, toArray } from 'rxjs';
import { emojiFolder } from '../scripts/emojiFolder.js';
import { loadConfig } from '../src/config/loadConfig.js';
import type { StepEvent } from '../src/streams/run/events.js';
import { train } from '../src/streams/run/train.js';

export interface EmojiRun {
  readonly config: string;
  readonly steps: number;
  readonly seed: number;
  /** Overrides, as for `--set`. */
  readonly overrides?: readonly string[];
  /** Whether to keep images in memory, which then grows until the end of the first epoch. @default true */
  readonly keepImages?: boolean;
}

/** The results of `look` for each step, on the engine in use. */
export async function emojiRun<T>(run: EmojiRun, look: (step: StepEvent) => T): Promise<T[]> {
  const folder = await mkdtemp(join(tmpdir(), 'nvae-bench-'));
  const overrides = [
    ...(run.overrides ?? []),
    'training_parameters.write_reconstruction=false',
    'training_parameters.epochs_per_checkpoint=1000',
  ];
  const config = await loadConfig(run.config, { overrides });
  const settings = {
    seed: run.seed,
    dataset: emojiFolder,
    weightsFolder: folder,
    picturesFolder: folder,
    runsFolder: folder,
    ...(run.keepImages === false && { cache: { memoryLimit: 0, folder } }),
  };
  const looks$ = train(config, settings).pipe(
    filter((event): event is StepEvent => event.type === 'step'),
    take(run.steps),
    map(look),
    toArray(),
  );
  try {
    return await lastValueFrom(looks$);
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}
