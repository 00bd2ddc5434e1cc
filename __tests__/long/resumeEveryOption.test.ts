/** A resumed run equals an uninterrupted one bit for bit, with every option of the configuration in use. */
import { readFile } from 'node:fs/promises';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { dump } from 'js-yaml';
import { lastValueFrom, Subject, tap, toArray } from 'rxjs';
import { jsonSchemaOf, keysOfSections, schemaAt } from '../../src/config/jsonSchema.js';
import { parseConfig } from '../../src/config/parseConfig.js';
import { writtenSchema } from '../../src/config/schema.js';
import { datasetOf } from '../../src/data/datasetOf.js';
import { useEngine } from '../../src/engine/index.js';
import * as tf from '../../src/engine/tf.js';
import { loadCheckpoint } from '../../src/modelFiles/loadCheckpoint.js';
import type { TrainEvent } from '../../src/streams/run/events.js';
import { train } from '../../src/streams/run/train.js';
import type { TrainOptions } from '../../src/streams/run/trainOptions.js';
import { useTemporaryFolder } from '../support/temporaryFolder.js';

const inFolder = useTemporaryFolder();
beforeAll(() => useEngine('native').catch(() => useEngine('cpu')));

type Section = Record<string, unknown>;

const small = {
  channel_towers: 2,
  number_of_scales: 2,
  initial_splits_per_scale: 1,
  latent_size: 2,
  num_flows: 1,
  num_cells_per_block_prepost: 1,
  cells_per_split_enc: 1,
};

const training = {
  batch_size: 3,
  accumulation_steps: 2,
  epochs: 2,
  epochs_per_checkpoint: 1,
  learning_rate: 0.005,
  learning_rate_min: 1e-4,
  learning_rate_warmup_steps: 5,
  weight_decay: 1e-3,
  regularization_constant: 0.1,
  kl_constant: 0.9,
  warmup_epochs: 1.5,
  gradient_clipping: 50,
  ema_decay: 0.9,
  seed: 3,
};

/** Colour images of a padded size, with all options of the paper. */
const colour: Section = {
  ...small,
  paper: true,
  input_dimension: 7,
  initial_splits_per_scale: 2,
  exponential_scaling: 2,
  min_splits: 2,
  sampling_method: 'logistic_mixture',
  n_mix: 2,
  cells_per_input_dec: 2,
  decoder_expansion: 2,
  training_parameters: {
    ...training,
    fit_position: 'top_left',
    background: '#204060',
    learning_rate_schedule: 'linear',
    images_per_checkpoint: 4,
    use_tensor_checkpoints: true,
    augmentation: {
      horizontal_flip: true,
      crop: 1,
      random_crop: 1.3,
      brightness: 0.2,
      contrast: 0.2,
      saturation: 0.2,
    },
    validation: { fraction: 0.3, images: 3, epochs: 2 },
  },
};

/** Binary grey images, with what excludes the options above. */
const grey: Section = {
  ...small,
  input_dimension: 8,
  image_channels: 1,
  num_blocks_prepost: 2,
  sampling_method: 'bernoulli',
  fixed_flows: true,
  training_parameters: {
    ...training,
    fit: 'contain',
    learning_rate_schedule: 'constant',
    write_reconstruction: false,
    half_precision: true,
    augmentation: { binarize: 'dynamic' },
  },
};

/** Keys that no run of this test needs, because they have one value, or act on other inputs only. */
const exempt = ['channel_multiplier', 'non_finite_limit', 'max_pixels', 'validation.folder'];

/** Images of other shapes than the model's, upright and lying. */
const images = datasetOf(10, (index) => {
  const [width, height] = index % 2 === 0 ? [12, 9] : [9, 14];
  const valueAt = (i: number) => (index * 53 + i * i * 7 + i * 11) % 256;
  return { width, height, pixels: Uint8Array.from({ length: 3 * width * height }, (_, i) => valueAt(i)) };
});

/** What differs from run to run: times, memory, paths. */
const volatile = ['seconds', 'waitSeconds', 'residentBytes', 'imagesPerSecond', 'bestModel'];

/** What a run says about its steps and its held-out images. */
function resultsOf(events: readonly TrainEvent[]): object[] {
  return events
    .filter(({ type }) => type === 'step' || type === 'validation')
    .map((event) => Object.fromEntries(Object.entries(event).filter(([key]) => !volatile.includes(key))));
}

async function filesIn(folder: string) {
  const { tensors, state } = await loadCheckpoint(inFolder(folder, 'small.checkpoint'));
  const final = await readFile(inFolder(folder, 'final_result_small.model'));
  return { tensors: new Map(tensors), state, final: final.toString('base64') };
}

describe.each([
  ['colour images', colour],
  ['binary grey images', grey],
])('a run on %s with every option', (_, content) => {
  const config = parseConfig(dump(content), { file: 'small.yaml' });
  const run = async (folder: string, stopAt = Number.POSITIVE_INFINITY): Promise<TrainEvent[]> => {
    const stop$ = new Subject<void>();
    const options: TrainOptions = {
      dataset: images,
      weightsFolder: inFolder(folder),
      picturesFolder: inFolder(`${folder}-images`),
      runsFolder: null,
      previews: { samples: 1, iterations: 1 },
      stop$,
    };
    const stopping$ = train(config, options).pipe(
      tap((event) => event.type === 'step' && event.step === stopAt && stop$.next()),
      toArray(),
    );
    return lastValueFrom(stopping$);
  };

  test('should go on bit for bit wherever it was stopped', async () => {
    const before = tf.memory().numTensors;
    const whole = await run('whole');
    expect(whole.at(-1)).toMatchObject({ type: 'finished' });
    const steps = whole.filter(({ type }) => type === 'step').length;
    const parts: TrainEvent[] = [];
    // within the first epoch, and within the second
    for (const step of [1, steps - 1]) {
      const events = await run('parts', step);
      expect(events.at(-1)).toMatchObject({ type: 'stopped', step });
      parts.push(...events);
    }
    parts.push(...(await run('parts')));
    expect(resultsOf(parts)).toEqual(resultsOf(whole));
    expect(await filesIn('parts')).toEqual(await filesIn('whole'));
    expect(tf.memory().numTensors).toBe(before);
  });
});

test('every key should have another value than its default in one of the runs', () => {
  const root = jsonSchemaOf(writtenSchema);
  const valueIn = (content: Section, path: readonly string[]) =>
    path.reduce<unknown>((section, key) => (section as Section | undefined)?.[key], content);
  const expanded = ['flow_weight_norm', 'joint_colours', 'normalized_likelihood'];
  const ofPaper = [
    ...expanded,
    'training_parameters.spectral_regularization',
    'training_parameters.kl_balancing',
  ];
  const missing = [...keysOfSections(root)].flatMap(([section, keys]) =>
    keys
      .map((key) => [...section.split('.').filter(Boolean), key])
      .filter((path) => {
        const schema = schemaAt(root, path);
        if (schema?.properties || ofPaper.includes(path.join('.'))) return false;
        if (exempt.some((key) => path.join('.').endsWith(key))) return false;
        const values = [colour, grey].map((content) => valueIn(content, path));
        return values.every((value) => value === undefined || value === schema?.default);
      })
      .map((path) => path.join('.')),
  );
  expect(missing).toEqual([]);
});
