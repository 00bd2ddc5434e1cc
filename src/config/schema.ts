/** What a configuration file may contain: keys as in the file, allowed values, defaults. */
import { z } from 'zod';
import { defaultMaxPixels } from '../base/maxPixels.js';

/** A value for which `test` holds; `expected` completes the sentence "expected ...". */
function value<T>(expected: string, test: (given: unknown) => boolean) {
  return z.custom<T>(test, { error: expected });
}

const isNumber = (given: unknown): given is number => typeof given === 'number' && Number.isFinite(given);
const isInteger = (given: unknown): given is number => Number.isSafeInteger(given);

const integer = (least: number) =>
  value<number>(`an integer >= ${least}`, (given) => isInteger(given) && given >= least);
const positive = () => value<number>('a number > 0', (given) => isNumber(given) && given > 0);
const notNegative = () => value<number>('a number >= 0', (given) => isNumber(given) && given >= 0);
const boolean = () => value<boolean>('true or false', (given) => typeof given === 'boolean');

const samplingMethods = ['gaussian', 'gaussian_mixture', 'logistic_mixture'] as const;
type SamplingMethod = (typeof samplingMethods)[number];

const architecture = {
  channel_towers: value<number>(
    'an even integer >= 2',
    (given) => isInteger(given) && given >= 2 && given % 2 === 0,
  ),
  number_of_scales: integer(1),
  initial_splits_per_scale: integer(1),
  latent_size: integer(1),
  input_dimension: integer(1),
  num_flows: integer(0),
  num_blocks_prepost: integer(0).default(1),
  num_cells_per_block_prepost: integer(1).default(2),
  cells_per_split_enc: integer(0).default(2),
  cells_per_input_dec: integer(0).default(1),
  channel_multiplier: value<number>('2 (no other value works)', (given) => given === 2).default(2),
  exponential_scaling: positive().default(1),
  min_splits: integer(1).default(1),
  sampling_method: value<SamplingMethod>(`one of ${samplingMethods.join(', ')}`, (given) =>
    samplingMethods.some((method) => method === given),
  ).default('gaussian'),
  n_mix: integer(1).default(3),
  fixed_flows: boolean().default(false),
};

const section = { error: 'a section with keys' };

const fraction = () =>
  value<number>('a number from 0 to 1', (given) => isNumber(given) && given >= 0 && given <= 1);

const augmentation = z.strictObject(
  {
    horizontal_flip: boolean().default(false),
    crop: integer(0).default(0),
    brightness: fraction().default(0),
    contrast: fraction().default(0),
    saturation: fraction().default(0),
  },
  section,
);

const trainingParameters = z.strictObject(
  {
    learning_rate: positive().default(0.01),
    learning_rate_min: notNegative().default(1e-5),
    weight_decay: notNegative().default(3e-4),
    regularization_constant: notNegative().default(0.05),
    kl_constant: notNegative().default(1),
    warmup_epochs: notNegative().default(30),
    batch_size: integer(1).default(20),
    write_reconstruction: boolean().default(true),
    images_per_checkpoint: value<number | null>(
      'an integer >= 1, or null',
      (given) => given === null || (isInteger(given) && given >= 1),
    ).default(null),
    epochs_per_checkpoint: integer(1).default(2),
    epochs: value<number>(
      'an integer >= 1, or -1 (until stopped)',
      (given) => given === -1 || (isInteger(given) && given >= 1),
    ).default(-1),
    gradient_clipping: value<number | null>(
      'a number > 0, or null',
      (given) => given === null || (isNumber(given) && given > 0),
    ).default(null),
    non_finite_limit: integer(1).default(20),
    half_precision: boolean().default(false),
    use_tensor_checkpoints: boolean().default(false),
    seed: integer(0).default(0),
    max_pixels: integer(1).default(defaultMaxPixels),
    augmentation: augmentation.prefault({}),
  },
  section,
);

/** A whole configuration file. */
export const fileSchema = z.strictObject(
  { ...architecture, training_parameters: trainingParameters.prefault({}) },
  section,
);

/** Keys of each section by its dotted path; the top of the file is ''. */
export const knownKeys: Readonly<Record<string, readonly string[]>> = {
  '': Object.keys(fileSchema.shape),
  training_parameters: Object.keys(trainingParameters.shape),
  'training_parameters.augmentation': Object.keys(augmentation.shape),
};
