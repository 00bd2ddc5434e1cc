/** A run of a tiny model through the complete pipeline, sampled while it is paused. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import {
  auditTime,
  bufferTime,
  connect,
  debounceTime,
  filter,
  ignoreElements,
  map,
  merge,
  type Observable,
  pairwise,
  Subject,
  scan,
  startWith,
  switchMap,
  take,
  tap,
} from 'rxjs';
import sharp from 'sharp';
import { parseConfig } from '../../src/config/parseConfig.js';
import type { NvaeConfig } from '../../src/config/types.js';
import type { StepEvent, TrainEvent } from '../../src/streams/run/events.js';
import type { RunCommand } from '../../src/streams/run/runCommand.js';
import { train } from '../../src/streams/run/train.js';
import { type SoakSample, takeSample } from './takeSample.js';

export interface SoakOptions {
  /** An empty folder, for the dataset and all output. */
  readonly folder: string;
  readonly steps: number;
  /** Steps between two samples. @default 100 */
  readonly every?: number;
}

const imageCount = 48;
const batchSize = 4;
/** Steps between checkpoints. It does not divide an epoch, so that checkpoints fall on all positions within one. */
const checkpointEvery = 35;

/** A model with every kind of layer, on images of 8 x 8. */
export function soakConfig(): NvaeConfig {
  const text = `
channel_towers: 4
number_of_scales: 2
initial_splits_per_scale: 1
latent_size: 2
input_dimension: 8
num_flows: 1
num_blocks_prepost: 1
num_cells_per_block_prepost: 1
cells_per_split_enc: 1
cells_per_input_dec: 1
n_mix: 2
training_parameters:
  batch_size: ${batchSize}
  epochs: -1
  epochs_per_checkpoint: 10
  images_per_checkpoint: ${batchSize * checkpointEvery}
  write_reconstruction: true
  augmentation: {horizontal_flip: true}
`;
  return parseConfig(text, { file: 'soak.yaml' });
}

/** Draws images that differ in colour and shape. */
export async function drawDataset(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (let i = 0; i < imageCount; i += 1) {
    const fill = `hsl(${(i * 37) % 360}, 80%, 55%)`;
    const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="24" height="20"><rect width="24" height="20" fill="#fff"/>
      <circle cx="${4 + (i % 16)}" cy="${4 + (i % 11)}" r="${3 + (i % 6)}" fill="${fill}"/></svg>`;
    await sharp(Buffer.from(svg))
      .png()
      .toFile(join(folder, `${i}.png`));
  }
}

/**
 * Samples of a run with checkpoints, previews, augmentation and several subscribers, taken while it is paused and nothing
 * is being written.
 */
export function soakRun({ folder, steps, every = 100 }: SoakOptions): Observable<SoakSample> {
  const commands$ = new Subject<RunCommand>();
  const tell = (command: RunCommand) => commands$.next(command);
  const { signal } = new AbortController();
  const events$ = train(soakConfig(), {
    dataset: join(folder, 'dataset'),
    weightsFolder: join(folder, 'weights'),
    picturesFolder: join(folder, 'images'),
    runsFolder: join(folder, 'runs'),
    // Half of the images stay in memory; the others do not fit into the cache and are decoded in every epoch.
    cache: { memoryLimit: (imageCount / 2) * 8 * 8 * 3, folder: join(folder, 'dataset', '0.png') },
    previews: { samples: 4, iterations: 2 },
    commands$,
    signal,
  });
  const control = (event: TrainEvent) => {
    if (event.type === 'step' && event.step % every === 0) tell('pause');
    if (event.type === 'paused')
      for (const want of ['checkpoint', 'sample', 'reconstruct'] as const) tell(want);
  };
  const samplesOf = (shared$: Observable<TrainEvent>) =>
    shared$.pipe(
      filter((event) => event.type === 'paused'),
      switchMap(({ step }) => whenAllIsWritten(shared$).pipe(map(() => takeSample(step, signal)))),
      tap(({ step }) => {
        tell(step >= steps ? 'stop' : 'resume');
      }),
    );
  return events$.pipe(
    connect((shared$) =>
      merge(samplesOf(shared$), watched(shared$), shared$.pipe(tap(control), ignoreElements())),
    ),
  );
}

/** Emits when the checkpoint and the pictures requested from a paused run are written and nothing more follows. */
function whenAllIsWritten(events$: Observable<TrainEvent>): Observable<unknown> {
  return events$.pipe(
    scan((seen, event) => seen.add(event.type === 'preview' ? event.kind : event.type), new Set<string>()),
    startWith(new Set<string>()),
    debounceTime(60),
    filter((seen) => ['checkpoint', 'samples', 'reconstruction'].every((type) => seen.has(type))),
    take(1),
  );
}

/** The subscriptions of a typical dashboard: an average, a rate, the newest state, the last events. */
function watched(events$: Observable<TrainEvent>): Observable<never> {
  const steps$ = events$.pipe(filter((event): event is StepEvent => event.type === 'step'));
  const average$ = steps$.pipe(scan((mean, { loss }) => 0.98 * mean + 0.02 * loss, 0));
  const rate$ = steps$.pipe(
    pairwise(),
    map(([before, now]) => now.imagesSeen - before.imagesSeen),
  );
  const newest$ = events$.pipe(auditTime(30));
  const last$ = events$.pipe(bufferTime(50, null, 100));
  return merge(average$, rate$, newest$, last$).pipe(ignoreElements());
}
