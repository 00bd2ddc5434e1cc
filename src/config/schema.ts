/**
 * The single definition of a configuration: keys as in the file, allowed values, defaults, descriptions, combinations.
 *
 * To add a key, add its line to a section and run `npm run config:generate`. This regenerates the types in types.ts,
 * `model_configs/schema.json` and the tables in docs/configuration.md. Checks and messages need no
 * other change. Descriptions name keys in backticks as in the file; the types show them in camelCase.
 */
import { z } from 'zod';
import { defaultMaxPixels } from '../base/maxPixels.js';
import { colourPattern, fitPositions, fits, largestCrop } from './imageFit.js';

const integer = (least: number) => z.int().min(least);
const positive = () => z.number().positive();
const notNegative = () => z.number().nonnegative();
const fraction = () => z.number().min(0).max(1);

/** Colours of a pixel: grey, or red, green and blue. */
const imageChannels = [1, 3] as const;

const samplingMethods = ['gaussian', 'gaussian_mixture', 'logistic_mixture', 'bernoulli'] as const;
const spectralRegularizations = ['estimate', 'power_iteration'] as const;
const klBalancings = ['inverse_size', 'size'] as const;
const binarizeMethods = ['none', 'dynamic', 'threshold'] as const;

/** The architecture of a model: the keys outside sections. */
export const modelSchema = z
  .strictObject({
    channel_towers: integer(2).multipleOf(2).describe('Channels after the first convolution (C).'),
    number_of_scales: integer(1).describe(
      'Number of scales (S); from each to the next the image size halves and the channels double.',
    ),
    initial_splits_per_scale: integer(1).describe(
      'Latent groups in the first scale, the one with the largest images.',
    ),
    latent_size: integer(1).describe('Channels of each latent group.'),
    input_dimension: integer(1)
      .max(4096)
      .describe(
        'Height and width of the images in pixels; inside the model, zeros fill them up to a multiple of 2^(`number_of_scales` + `num_blocks_prepost` - 1).',
      ),
    image_channels: z
      .literal(imageChannels)
      .default(3)
      .describe(
        'Colours of a pixel: 3 for red, green and blue, 1 for grey images. Images of the other kind are converted.',
      ),
    num_flows: integer(0).describe('Pairs of normalising-flow cells per latent group; 0 for none.'),
    num_blocks_prepost: integer(0)
      .default(1)
      .describe(
        'Blocks before the towers, each of which halves the image size, and after them, each of which doubles it.',
      ),
    num_cells_per_block_prepost: integer(1)
      .default(2)
      .describe('Cells in each block before and after the towers.'),
    cells_per_split_enc: integer(0).default(2).describe('Encoder cells per latent group.'),
    cells_per_input_dec: integer(0).default(1).describe('Decoder cells per latent group.'),
    decoder_expansion: integer(1)
      .default(6)
      .describe(
        'Factor by which a decoder cell of the tower expands its channels inside (E in figure 3b of the paper).',
      ),
    channel_multiplier: z
      .literal<number>(2)
      .default(2)
      .describe('Factor by which the channels grow from scale to scale; no other is supported.'),
    exponential_scaling: positive()
      .default(1)
      .describe('Each scale has the latent groups of the one before divided by this number, rounded down.'),
    min_splits: integer(1).default(1).describe('Smallest number of latent groups in a scale.'),
    sampling_method: z
      .enum(samplingMethods)
      .default('gaussian')
      .describe(
        "Distribution of a pixel's colour values given the latents; `bernoulli` is for binary images and needs `binarize`.",
      ),
    n_mix: integer(1).default(3).describe('Components of the mixture; `gaussian` and `bernoulli` have none.'),
    joint_colours: z
      .boolean()
      .default(false)
      .describe(
        'Choose one component of the mixture for the three colours of a pixel, with means that depend linearly on the colours before: green on red, blue on both (PixelCNN++, arXiv 1701.05517, sections 2.1 and 2.2, as in the NVAE paper). Only with `sampling_method` logistic_mixture and `image_channels` 3.',
      ),
    normalized_likelihood: z
      .boolean()
      .default(false)
      .describe(
        'Train with the exact probabilities of the 256 values of a colour, which add up to 1. Otherwise the value 254 also gets the probability of 255, and unlikely values get at least 1e-10, as in the PyTorch implementation. Only with `sampling_method` logistic_mixture.',
      ),
    fixed_flows: z
      .boolean()
      .default(false)
      .describe(
        'Apply the flows when sampling too; the KL is then computed in closed form, otherwise it is a Monte Carlo estimate.',
      ),
    flow_weight_norm: z
      .boolean()
      .default(false)
      .describe('Weight-normalise the masked convolutions of the flows, as in the paper (section 3.2).'),
  })
  .superRefine(({ input_dimension, number_of_scales, num_blocks_prepost }, context) => {
    const halvings = number_of_scales + num_blocks_prepost - 1;
    // Images are filled up to a multiple of 2^halvings, but not to twice their size or more.
    if (context.issues.length > 0 || input_dimension > 2 ** (halvings - 1)) return;
    const least = halvings > 20 ? `more than 2^${halvings - 1}` : `at least ${2 ** (halvings - 1) + 1}`;
    const reason = `number_of_scales ${number_of_scales} and num_blocks_prepost ${num_blocks_prepost} halve the image ${halvings} times`;
    const message = `${least}, because ${reason}`;
    context.addIssue({ code: 'custom', path: ['input_dimension'], message });
  })
  .superRefine(({ sampling_method, image_channels, joint_colours, normalized_likelihood }, context) => {
    if (context.issues.length > 0) return;
    const refuse = (key: string, reason: string) =>
      context.addIssue({ code: 'custom', path: [key], message: `false because ${reason}` });
    if (sampling_method !== 'logistic_mixture') {
      const reason = `sampling_method is ${sampling_method}: only logistic_mixture has this option`;
      if (joint_colours) refuse('joint_colours', reason);
      if (normalized_likelihood) refuse('normalized_likelihood', reason);
    } else if (joint_colours && image_channels !== 3) {
      refuse('joint_colours', `image_channels is ${image_channels}: it concerns red, green and blue`);
    }
  })
  .describe(
    'The architecture of a model. A checkpoint can be loaded only into the architecture that it was written for.',
  );

const augmentation = z
  .strictObject({
    horizontal_flip: z
      .boolean()
      .default(false)
      .describe('Mirror each image left to right with probability one half.'),
    crop: integer(0)
      .default(0)
      .describe(
        'Move each image by up to this many pixels in each direction, its edges reflected; less than `input_dimension`.',
      ),
    random_crop: z
      .number()
      .min(1)
      .max(largestCrop)
      .nullable()
      .default(null)
      .describe(
        'Resize images to this many times `input_dimension` and cut out a square of `input_dimension`: in training at a random place, anew in every epoch; otherwise at `fit_position`. null: resize them to `input_dimension`.',
      ),
    brightness: fraction()
      .default(0)
      .describe(
        'Multiply all values of an image by a random factor from 1 - b to 1 + b, where b is this number.',
      ),
    contrast: fraction()
      .default(0)
      .describe(
        "Multiply the distance of every value to the image's mean grey by a random factor from 1 - c to 1 + c, where c is this number.",
      ),
    saturation: fraction()
      .default(0)
      .describe(
        'Multiply the distance of every value to the grey of its pixel by a random factor from 1 - s to 1 + s, where s is this number; 0 if `image_channels` is 1.',
      ),
    binarize: z
      .enum(binarizeMethods)
      .default('none')
      .describe(
        'Make every value 0 or 255, last of all: `dynamic` makes it 255 with probability value / 255, anew in every epoch, `threshold` from 128 on.',
      ),
  })
  .describe('Random changes of the training images.');

const validation = z
  .strictObject({
    fraction: z
      .number()
      .min(0)
      .lt(1)
      .default(0)
      .describe(
        'Share of the dataset that is held out of training; a hash of its name decides for each image. 0 for none.',
      ),
    folder: z
      .string()
      .min(1)
      .nullable()
      .default(null)
      .describe('Folder of held-out images, in place of `fraction`; relative to the working directory.'),
    epochs: integer(1)
      .default(1)
      .describe('Measure each time this many epochs are finished, and after the last one.'),
    images: integer(1)
      .nullable()
      .default(null)
      .describe(
        'Measure at most this many of the held-out images, always the same ones; null for all of them.',
      ),
  })
  .superRefine(({ fraction, folder }, context) => {
    if (context.issues.length > 0 || fraction === 0 || folder === null) return;
    const message = `null because fraction is ${fraction}: held-out images are a share of the dataset or a folder, not both`;
    context.addIssue({ code: 'custom', path: ['folder'], message });
  })
  .describe(
    'Validation: measuring the model on held-out images. Off unless `fraction` or `folder` is given.',
  );

const trainingParameters = z
  .strictObject({
    learning_rate: positive()
      .default(0.01)
      .describe(
        'Learning rate of Adamax: constant until one epoch after the KL warm-up, then down to `learning_rate_min`.',
      ),
    learning_rate_min: notNegative()
      .default(1e-5)
      .describe(
        'Learning rate in the last epoch, which `epochs` sets; unused when training has no end or the schedule is `constant`.',
      ),
    learning_rate_schedule: z
      .enum(['cosine', 'linear', 'constant'])
      .default('cosine')
      .describe(
        'How the learning rate falls: along half a cosine, or in a straight line; `constant`: it does not. Without an end, it never falls.',
      ),
    learning_rate_warmup_steps: integer(0)
      .default(0)
      .describe(
        'First steps of the run, in which the learning rate grows linearly: in step k of n it is k/n of what it would be. 0 for none.',
      ),
    weight_decay: notNegative()
      .default(3e-4)
      .describe('Multiple of each parameter that is added to its gradient after clipping.'),
    regularization_constant: notNegative()
      .default(0.05)
      .describe('Weight of the spectral and batch-norm regularisation in the loss.'),
    spectral_regularization: z
      .enum(spectralRegularizations)
      .default('estimate')
      .describe(
        'Spectral term of a convolution: an estimate of its squared largest singular value, or that value itself by power iterations as in section 3.2 of the paper.',
      ),
    kl_constant: notNegative().default(1).describe('Weight of the KL divergence in the loss.'),
    warmup_epochs: notNegative()
      .default(30)
      .describe(
        'Epochs of warm-up: the KL coefficient grows from 0 to 1, and the KL is balanced between the latent groups.',
      ),
    kl_balancing: z
      .enum(klBalancings)
      .default('inverse_size')
      .describe(
        "Weight of a latent group's KL during the warm-up: its mean KL divided by its size, or multiplied by it as printed in appendix A of the paper.",
      ),
    batch_size: integer(1)
      .default(20)
      .describe('Images per step; the last batch of an epoch may be smaller.'),
    accumulation_steps: integer(1)
      .default(1)
      .describe(
        'Parts of a batch that a step computes one after the other, adding up their gradients: the memory of one part. At most `batch_size`.',
      ),
    gradient_clipping: positive()
      .nullable()
      .default(null)
      .describe('Largest 2-norm of all gradients together; null for no clipping.'),
    ema_decay: z
      .number()
      .min(0)
      .lt(1)
      .nullable()
      .default(null)
      .describe(
        'Decay of an exponential moving average (EMA) of the weights, which previews, validation and the final model use, such as 0.999; null for none.',
      ),
    epochs: z
      .union([integer(1), z.literal(-1)])
      .default(-1)
      .describe('Number of epochs; -1 trains until it is stopped.'),
    epochs_per_checkpoint: integer(1)
      .default(2)
      .describe('Write a checkpoint and previews each time this many epochs are finished.'),
    images_per_checkpoint: integer(1)
      .nullable()
      .default(null)
      .describe(
        'Write a checkpoint and previews also each time this many images are seen, rounded up to whole batches; null: only after epochs.',
      ),
    write_reconstruction: z
      .boolean()
      .default(true)
      .describe('Write reconstructions as images with each checkpoint.'),
    non_finite_limit: integer(1)
      .default(20)
      .describe(
        'End the run after this many steps in a row whose loss or gradient is not finite, or exactly 0.',
      ),
    half_precision: z
      .boolean()
      .default(false)
      .describe(
        'Store what the backward pass needs as bfloat16: less memory. Only the engine `native` can do this.',
      ),
    use_tensor_checkpoints: z
      .boolean()
      .default(false)
      .describe(
        'Store only the input of each cell and recompute the rest in the backward pass: less memory, more time.',
      ),
    seed: integer(0)
      .default(0)
      .describe(
        'Seed of all random numbers: the same seed, machine and engine give the same weights, bit for bit.',
      ),
    max_pixels: integer(1)
      .default(defaultMaxPixels)
      .describe(
        'Skip images of more pixels, which would take too much memory; the default is the limit of sharp.',
      ),
    fit: z
      .enum(fits)
      .default('cover')
      .describe(
        'How an image becomes a square: `cover` cuts its longer side, `contain` shows all of it and fills the rest with `background`, `stretch` distorts it.',
      ),
    fit_position: z
      .enum(fitPositions)
      .default('centre')
      .describe('Which part of an image `cover` keeps, and where in the square `contain` puts it.'),
    background: z
      .string()
      .regex(colourPattern)
      .default('#ffffff')
      .describe(
        'Colour behind transparent parts and around images that do not fill the square: red, green and blue in hexadecimal digits, in quotes.',
      ),
    augmentation: augmentation.prefault({}),
    validation: validation.prefault({}),
  })
  .superRefine(({ accumulation_steps, batch_size }, context) => {
    if (context.issues.length > 0 || accumulation_steps <= batch_size) return;
    const message = `at most batch_size ${batch_size}, because each part of a batch has at least one image`;
    context.addIssue({ code: 'custom', path: ['accumulation_steps'], message });
  })
  .superRefine(({ fit, fit_position, augmentation: { random_crop } }, context) => {
    if (context.issues.length > 0) return;
    if (fit === 'stretch' && fit_position !== 'centre') {
      const message = 'centre because fit is stretch: all of an image is kept, and fills the square';
      context.addIssue({ code: 'custom', path: ['fit_position'], message });
    }
    if (fit !== 'cover' && random_crop === 1) {
      const message = `more than 1 because fit is ${fit}: the whole square is one crop`;
      context.addIssue({ code: 'custom', path: ['augmentation', 'random_crop'], message });
    }
  })
  .describe(
    'How to train the model. It is read again at every start, so that a stopped run can resume with other values.',
  );

/** A whole configuration file. */
export const fileSchema = modelSchema
  .safeExtend({ training_parameters: trainingParameters.prefault({}) })
  .superRefine(({ input_dimension, training_parameters }, context) => {
    if (context.issues.length > 0 || training_parameters.augmentation.crop < input_dimension) return;
    const path = ['training_parameters', 'augmentation', 'crop'];
    const message = `less than input_dimension ${input_dimension}, because it is a number of its pixels`;
    context.addIssue({ code: 'custom', path, message });
  })
  .superRefine(({ sampling_method, training_parameters }, context) => {
    const { binarize } = training_parameters.augmentation;
    if (context.issues.length > 0 || sampling_method !== 'bernoulli' || binarize !== 'none') return;
    const path = ['training_parameters', 'augmentation', 'binarize'];
    const message =
      'dynamic or threshold, because sampling_method bernoulli gives probabilities to the values 0 and 255 only';
    context.addIssue({ code: 'custom', path, message });
  })
  .superRefine(({ image_channels, training_parameters }, context) => {
    if (context.issues.length > 0 || image_channels !== 1) return;
    if (training_parameters.augmentation.saturation === 0) return;
    const path = ['training_parameters', 'augmentation', 'saturation'];
    const message = '0 because image_channels is 1: grey images have no saturation';
    context.addIssue({ code: 'custom', path, message });
  })
  .describe('A configuration of rx-nvae: an architecture and how to train it.');

/** A file as a user writes it: `paper` stands for other keys (see paperContent.ts), and is in no configuration. */
export const writtenSchema = fileSchema
  .safeExtend({
    paper: z
      .boolean()
      .default(false)
      .describe(
        'Follow the paper wherever an option does: keys that are not in the file take its values in place of their defaults.',
      ),
  })
  .describe('A configuration of rx-nvae: an architecture and how to train it.');

/** The schema of a file, of the configuration in it, or of the architecture alone. */
export type ConfigSchema = typeof writtenSchema | typeof fileSchema | typeof modelSchema;
