import { describe, expect, test } from '@jest/globals';
import { Ajv } from 'ajv';
import fc from 'fast-check';
import { dump } from 'js-yaml';
import { checkNvaeConfig } from '../../src/config/checkConfig.js';
import { configFromData } from '../../src/config/configFromData.js';
import { formatConfig } from '../../src/config/formatConfig.js';
import { jsonSchemaOf } from '../../src/config/jsonSchema.js';
import { paperContent } from '../../src/config/paperContent.js';
import { parseConfig } from '../../src/config/parseConfig.js';
import { writtenSchema } from '../../src/config/schema.js';
import type { NvaeConfig } from '../../src/config/types.js';

const required = {
  channel_towers: 8,
  number_of_scales: 2,
  initial_splits_per_scale: 1,
  latent_size: 3,
  input_dimension: 16,
  num_flows: 1,
};

const parse = (content: object, overrides: string[] = []) =>
  parseConfig(dump(content), { file: 'mine.yaml', overrides });

/** The keys that differ from those of the same file without `paper`, as in the file. */
function changedBy(paper: NvaeConfig, plain: NvaeConfig): Record<string, unknown> {
  const different = (a: object, b: object) =>
    Object.entries(a).filter(([key, value]) => JSON.stringify(value) !== JSON.stringify(Reflect.get(b, key)));
  return Object.fromEntries([
    ...different(paper.model, plain.model),
    ...different(paper.training, plain.training),
  ]);
}

const ofTraining = { spectralRegularization: 'power_iteration', klBalancing: 'size' };
const ofAll = { flowWeightNorm: true, ...ofTraining };

describe('paper: true', () => {
  test.each([
    ['gaussian', {}, ofAll],
    ['gaussian_mixture', {}, ofAll],
    ['logistic_mixture', {}, { ...ofAll, normalizedLikelihood: true, jointColours: true }],
    ['logistic_mixture', { image_channels: 3 }, { ...ofAll, normalizedLikelihood: true, jointColours: true }],
    ['logistic_mixture', { image_channels: 1 }, { ...ofAll, normalizedLikelihood: true }],
    ['bernoulli', { training_parameters: { augmentation: { binarize: 'dynamic' } } }, ofAll],
  ])('should give the values of the paper to %s with %j', (sampling_method, others, expected) => {
    const content = { ...required, sampling_method, ...others };
    expect(changedBy(parse({ ...content, paper: true }), parse(content))).toEqual(expected);
    expect(parse({ ...content, paper: false })).toEqual(parse(content));
  });

  test('should leave keys that the file has, and not be in the configuration', () => {
    const content = {
      ...required,
      paper: true,
      sampling_method: 'logistic_mixture',
      joint_colours: false,
      flow_weight_norm: false,
      training_parameters: { batch_size: 4 },
    };
    const config = parse(content);
    expect(config).not.toHaveProperty('paper');
    expect(config.model).not.toHaveProperty('paper');
    expect(config.training).toMatchObject({ batchSize: 4, ...ofTraining });
    expect(config.model).toMatchObject({
      flowWeightNorm: false,
      jointColours: false,
      normalizedLikelihood: true,
    });
    const given = { ...content, training_parameters: { kl_balancing: 'inverse_size' } };
    expect(parse(given).training.klBalancing).toBe('inverse_size');
  });

  test('should be the same as an override, and another override should win', () => {
    expect(parse(required, ['paper=true'])).toEqual(parse({ ...required, paper: true }));
    expect(parse({ ...required, paper: true }, ['paper=false'])).toEqual(parse(required));
    const { model } = parse(required, ['flow_weight_norm=false', 'paper=true']);
    expect(model.flowWeightNorm).toBe(false);
  });

  test('should be written as the keys that it stands for', () => {
    const config = parse({ ...required, paper: true });
    const text = formatConfig(config);
    expect(text).toContain('flow_weight_norm: true\n');
    expect(text).not.toContain('paper');
    expect(parseConfig(text, { file: 'mine.yaml' })).toEqual(config);
  });

  test.each([
    [1, 'paper: expected true or false, got 1'],
    ['yes', 'paper: expected true or false, got "yes"'],
    [null, 'paper: expected true or false, got null'],
  ])('should be refused as %j', (paper, message) => {
    expect(() => parse({ ...required, paper })).toThrow(`mine.yaml: ${message}`);
  });

  test('should hide no other problem', () => {
    expect(() => parse({ ...required, paper: true, training_parameters: 3 })).toThrow(
      'mine.yaml: training_parameters: expected',
    );
    expect(() => parse({ ...required, paper: true, flow_weight_norm: 3 })).toThrow(
      'mine.yaml: flow_weight_norm: expected true or false, got 3',
    );
    expect(() => parse({ ...required, papr: true })).toThrow('papr: unknown key; did you mean "paper"?');
  });

  test('should be in files only: a stored configuration and one of code have the keys', () => {
    const { name, model, training } = parse({ ...required, paper: true });
    expect(configFromData({ name, model, training }, 'a.model')).toEqual({ name, model, training });
    expect(() => configFromData({ name, model, training, paper: true }, 'a.model')).toThrow(
      'paper: unknown key',
    );
    const built = { name, model: { ...model, paper: true }, training } as NvaeConfig;
    expect(() => checkNvaeConfig('train', built)).toThrow('model.paper: unknown key');
  });

  test('should be in the JSON Schema', () => {
    const accepts = new Ajv({ allErrors: true }).compile(jsonSchemaOf(writtenSchema));
    expect([true, false, 'true', null].map((paper) => accepts({ ...required, paper }))).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });

  test('should change only content with a section that says so', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (content) => {
        const before = JSON.stringify(content);
        const isPaper =
          typeof content === 'object' && content !== null && Reflect.get(content, 'paper') === true;
        const result = paperContent(content);
        if (!isPaper) expect(result).toBe(content);
        expect(JSON.stringify(content)).toBe(before);
      }),
    );
  });
});
