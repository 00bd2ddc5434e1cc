import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { dump } from 'js-yaml';
import { ConfigError } from '../../src/config/configError.js';
import { parseConfig } from '../../src/config/parseConfig.js';

const required = {
  channel_towers: 8,
  number_of_scales: 2,
  initial_splits_per_scale: 1,
  latent_size: 3,
  input_dimension: 16,
  num_flows: 0,
};

const parse = (content: unknown, overrides: string[] = []) =>
  parseConfig(dump(content), { file: 'model_configs/mine.yaml', overrides });

function problems(make: () => unknown): string {
  try {
    make();
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    return (error as ConfigError).message;
  }
  throw new Error('expected a ConfigError');
}

describe('parseConfig', () => {
  test('should fill in the defaults', () => {
    expect(parse(required)).toEqual({
      name: 'mine',
      model: {
        channelTowers: 8,
        numberOfScales: 2,
        initialSplitsPerScale: 1,
        latentSize: 3,
        inputDimension: 16,
        numFlows: 0,
        numBlocksPrepost: 1,
        numCellsPerBlockPrepost: 2,
        cellsPerSplitEnc: 2,
        cellsPerInputDec: 1,
        decoderExpansion: 6,
        channelMultiplier: 2,
        exponentialScaling: 1,
        minSplits: 1,
        samplingMethod: 'gaussian',
        nMix: 3,
        jointColours: false,
        normalizedLikelihood: false,
        fixedFlows: false,
        flowWeightNorm: false,
        imageChannels: 3,
      },
      training: {
        learningRate: 0.01,
        learningRateMin: 1e-5,
        learningRateSchedule: 'cosine',
        learningRateWarmupSteps: 0,
        weightDecay: 3e-4,
        regularizationConstant: 0.05,
        spectralRegularization: 'estimate',
        klConstant: 1,
        warmupEpochs: 30,
        klBalancing: 'inverse_size',
        batchSize: 20,
        accumulationSteps: 1,
        writeReconstruction: true,
        imagesPerCheckpoint: null,
        epochsPerCheckpoint: 2,
        epochs: -1,
        gradientClipping: null,
        emaDecay: null,
        nonFiniteLimit: 20,
        halfPrecision: false,
        useTensorCheckpoints: false,
        seed: 0,
        maxPixels: 268_402_689,
        fit: 'cover',
        fitPosition: 'centre',
        background: '#ffffff',
        augmentation: {
          horizontalFlip: false,
          crop: 0,
          randomCrop: null,
          brightness: 0,
          contrast: 0,
          saturation: 0,
          binarize: 'none',
        },
        validation: { fraction: 0, folder: null, epochs: 1, images: null },
      },
    });
  });

  test('should name file, key, what was given and what is allowed', () => {
    const content = { ...required, latent_size: 'four', training_parameters: { batch_size: 0 } };
    expect(problems(() => parse(content)).split('\n')).toEqual([
      'model_configs/mine.yaml: latent_size: expected an integer >= 1, got "four"',
      'model_configs/mine.yaml: training_parameters.batch_size: expected an integer >= 1, got 0',
    ]);
  });

  test('should give the nearest known key for an unknown one', () => {
    const content = { ...required, training_parameters: { bach_size: 3, zzzzqqq: 1, latent_size: 2 } };
    const message = problems(() => parse(content));
    expect(message).toContain('training_parameters.bach_size: unknown key; did you mean "batch_size"?');
    expect(message).toContain('training_parameters.zzzzqqq: unknown key; known keys: learning_rate,');
    expect(message).toContain('training_parameters.latent_size: unknown key here; it belongs to the top');
  });

  test('should name a required key that is missing', () => {
    const { latent_size: _, ...rest } = required;
    expect(problems(() => parse(rest))).toBe(
      'model_configs/mine.yaml: latent_size: expected an integer >= 1, got nothing (this key is required)',
    );
  });

  test('should give line and column of broken YAML', () => {
    const make = () => parseConfig('a: 1\n b: [2', { file: 'x.yaml' });
    expect(problems(make)).toMatch(/^x\.yaml: line 2, column 3: not valid YAML: bad indentation/);
  });

  test.each(['', '# nothing', '[1, 2]', 'just words', '12', 'null'])('should refuse %j', (text) => {
    expect(problems(() => parseConfig(text, { file: 'x.yaml' }))).toMatch(/^x\.yaml: .*expected/);
  });

  test('should refuse an impossible combination', () => {
    const message = problems(() => parse({ ...required, number_of_scales: 6, input_dimension: 32 }));
    expect(message).toContain('input_dimension: expected at least 33, because number_of_scales 6');
    expect(parse({ ...required, number_of_scales: 6, input_dimension: 33 }).model.inputDimension).toBe(33);
  });

  test.each([
    [{ background: null }, 'background: expected a colour such as "#ffffff", got null'],
    [{ background: '#fff' }, 'background: expected a colour such as "#ffffff", got "#fff"'],
    [
      { fit: 'stretch', fit_position: 'top' },
      'fit_position: expected centre because fit is stretch: all of an image is kept, and fills the square, got "top"',
    ],
    [
      { fit: 'contain', augmentation: { random_crop: 1 } },
      'augmentation.random_crop: expected more than 1 because fit is contain: the whole square is one crop, got 1',
    ],
    [
      { augmentation: { random_crop: 9 } },
      'augmentation.random_crop: expected a number from 1 to 8, or null, got 9',
    ],
  ])('should refuse %j', (training_parameters, message) => {
    expect(problems(() => parse({ ...required, training_parameters }))).toBe(
      `model_configs/mine.yaml: training_parameters.${message}`,
    );
  });

  test('should demand binary images with bernoulli', () => {
    const content = { ...required, sampling_method: 'bernoulli' };
    expect(problems(() => parse(content))).toContain(
      'training_parameters.augmentation.binarize: expected dynamic or threshold, because sampling_method bernoulli gives probabilities to the values 0 and 255 only',
    );
    for (const binarize of ['dynamic', 'threshold']) {
      const { model } = parse({ ...content, training_parameters: { augmentation: { binarize } } });
      expect(model.samplingMethod).toBe('bernoulli');
    }
  });

  test('should refuse saturation for grey images, and nothing else', () => {
    const grey = (augmentation: object) => ({
      ...required,
      image_channels: 1,
      training_parameters: { augmentation },
    });
    expect(problems(() => parse(grey({ saturation: 0.1 })))).toContain(
      'training_parameters.augmentation.saturation: expected 0 because image_channels is 1: grey images have no saturation',
    );
    const others = { horizontal_flip: true, crop: 2, brightness: 0.1, contrast: 0.1, saturation: 0 };
    expect(parse(grey(others)).model.imageChannels).toBe(1);
    expect(problems(() => parse({ ...required, image_channels: 2 }))).toContain(
      'image_channels: expected one of 1, 3',
    );
  });

  test('should refuse more parts of a batch than it has images', () => {
    const given = { ...required, training_parameters: { batch_size: 4, accumulation_steps: 5 } };
    expect(problems(() => parse(given))).toBe(
      'model_configs/mine.yaml: training_parameters.accumulation_steps: expected at most batch_size 4, because each part of a batch has at least one image, got 5',
    );
    expect(parse(given, ['training_parameters.batch_size=5']).training.accumulationSteps).toBe(5);
  });

  test.each([
    ['crop', 16, 'less than input_dimension 16'],
    ['crop', -1, 'an integer >= 0'],
    ['brightness', 1.5, 'a number from 0 to 1'],
    ['contrast', -0.1, 'a number from 0 to 1'],
    ['saturation', 'much', 'a number from 0 to 1'],
    ['binarize', 'random', 'one of none, dynamic, threshold'],
  ])('should refuse an augmentation whose %s is %j', (key, value, expected) => {
    const content = { ...required, training_parameters: { augmentation: { [key]: value } } };
    expect(problems(() => parse(content))).toContain(
      `training_parameters.augmentation.${key}: expected ${expected}`,
    );
  });

  test.each([
    [{ fraction: 1 }, 'fraction: expected a number >= 0 and < 1, got 1'],
    [{ fraction: -0.1 }, 'fraction: expected a number >= 0 and < 1, got -0.1'],
    [{ folder: '' }, 'folder: expected a text, or null, got ""'],
    [{ epochs: 0 }, 'epochs: expected an integer >= 1, got 0'],
    [{ images: 0 }, 'images: expected an integer >= 1, or null, got 0'],
    [{ fraction: 0.1, folder: 'held' }, 'folder: expected null because fraction is 0.1: held-out images are'],
  ])('should refuse the validation %j', (validation, expected) => {
    const content = { ...required, training_parameters: { validation } };
    expect(problems(() => parse(content))).toContain(`training_parameters.validation.${expected}`);
  });

  test('should print no number beyond all bounds for too many scales', () => {
    const message = problems(() => parse({ ...required, number_of_scales: 1e9 }));
    expect(message).toContain('input_dimension: expected more than 2^999999999, because number_of_scales');
  });

  test('should refuse a text that stands for nine to the thirtieth values', () => {
    const nine = (i: number) => `[${Array(9).fill(`*a${i}`).join(', ')}]`;
    const lines = Array.from({ length: 30 }, (_, i) => `a${i}: &a${i} ${i === 0 ? '[ha, ha]' : nine(i - 1)}`);
    const message = problems(() => parseConfig(lines.join('\n'), { file: 'x.yaml' }));
    expect(message).toMatch(/^x\.yaml: line \d+, column \d+: .*alias/);
  });

  test('should refuse a few large aliases without writing them out', () => {
    const nine = (i: number) => `[${Array(9).fill(`*a${i}`).join(', ')}]`;
    const lines = Array.from({ length: 10 }, (_, i) => `a${i}: &a${i} ${i === 0 ? '[ha, ha]' : nine(i - 1)}`);
    const text = `${lines.join('\n')}\nlatent_size: *a9`;
    const message = problems(() => parseConfig(text, { file: 'x.yaml' }));
    expect(message).toContain('latent_size: expected an integer >= 1, got [[[[...,...');
  });

  test('should show a value that contains itself', () => {
    const message = problems(() => parseConfig('latent_size: &a [*a]', { file: 'x.yaml' }));
    expect(message).toContain('latent_size: expected an integer >= 1, got [[[[...]]]]');
  });

  test('should list ten problems of a thousand, and short pieces of what is long', () => {
    const unknown = Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [`${'x'.repeat(500)}${i}`, i]));
    const message = problems(() => parse({ ...required, ...unknown, sampling_method: 'y'.repeat(1e5) }));
    expect(message.split('\n')).toHaveLength(11);
    expect(message).toMatch(/more problems, not listed$/);
    expect(message.length).toBeLessThan(10_000); // each of the ten lists all known keys, about 400 characters
  });

  test('should apply overrides with dotted keys', () => {
    const config = parse(required, [
      'training_parameters.batch_size=8',
      'training_parameters.augmentation.horizontal_flip=true',
      'latent_size=5',
    ]);
    expect(config.training.batchSize).toBe(8);
    expect(config.training.augmentation.horizontalFlip).toBe(true);
    expect(config.model.latentSize).toBe(5);
  });

  test('should refuse overrides that are not key=value or name no key', () => {
    expect(problems(() => parse(required, ['batch_size']))).toContain(
      'override "batch_size": expected key=value',
    );
    expect(problems(() => parse(required, ['latent_sise=3']))).toContain('did you mean "latent_size"?');
    expect(problems(() => parse(required, ['__proto__.x=3']))).toContain('unknown key');
  });

  test('should survive any text with a configuration or one ConfigError', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (text) => {
        expect(() => parseConfig(text, { file: 'x.yaml' })).toThrow(ConfigError);
      }),
    );
  });

  test('should keep every allowed value', () => {
    const training = fc.record({ batch_size: fc.integer({ min: 1, max: 1e6 }), seed: fc.nat() });
    const content = fc.record({
      latent_size: fc.integer({ min: 1, max: 1e6 }),
      training_parameters: training,
    });
    fc.assert(
      fc.property(content, (given) => {
        const config = parse({ ...required, ...given });
        expect(config.model.latentSize).toBe(given.latent_size);
        expect(config.training.batchSize).toBe(given.training_parameters.batch_size);
        expect(config.training.seed).toBe(given.training_parameters.seed);
      }),
    );
  });
});
