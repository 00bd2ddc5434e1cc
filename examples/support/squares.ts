/** Default data and model of the examples: coloured squares, and a model that trains within seconds. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadModel, type Nvae, type NvaeConfig, parseConfig, train } from 'rx-nvae';
import { filter, lastValueFrom } from 'rxjs';
import { drawSquares } from './drawSquares.js';

/** The configuration, with overrides of `training_parameters` as `key=value`. */
export function squaresConfig(...training: readonly string[]): NvaeConfig {
  const text = `
channel_towers: 8
number_of_scales: 1
initial_splits_per_scale: 2
latent_size: 4
input_dimension: 16
num_flows: 0
training_parameters:
  batch_size: 8
  warmup_epochs: 4
`;
  const overrides = training.map((entry) => `training_parameters.${entry}`);
  return parseConfig(text, { file: 'squares.yaml', overrides });
}

/** Runs `use` with a temporary folder, which is removed afterwards. */
export async function inTemporaryFolder<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'nvae-example-'));
  try {
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** The model in a file or, without a path, one from a short training. The caller disposes it. */
export function modelOf(path?: string): Promise<Nvae> {
  if (path !== undefined) return loadModel(path);
  return inTemporaryFolder(async (folder) => {
    const finished$ = train(
      squaresConfig(
        'epochs=30',
        'regularization_constant=0.01',
        'epochs_per_checkpoint=100',
        'write_reconstruction=false',
      ),
      {
        dataset: await drawSquares(folder),
        weightsFolder: folder,
        picturesFolder: folder,
        runsFolder: null,
        previews: { samples: 0 },
      },
    ).pipe(filter((event) => event.type === 'finished'));
    return loadModel((await lastValueFrom(finished$)).model);
  });
}
