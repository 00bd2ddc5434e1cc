/** Compares the evaluation of a model on recorded draws with recorded numbers per draw and image. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { bitsPerDimension } from '../../src/base/bitsPerDimension.js';
import type { NamedTensors } from '../../src/base/plainData.js';
import { readSafetensors } from '../../src/checkpoint/readSafetensors.js';
import { loadConfig } from '../../src/config/loadConfig.js';
import type { NvaeConfig } from '../../src/config/types.js';
import { drawImages, type ImageDraw } from '../../src/model/evaluation/drawImages.js';
import { DrawSums } from '../../src/model/evaluation/drawSums.js';
import { imagesFromTensor } from '../../src/model/imageTensors.js';
import { Nvae } from '../../src/model/nvae.js';
import { permute } from '../../src/model/tensorLayout.js';
import type { NoiseDraw } from './case.js';
import { image, replay } from './replay.js';
import { Report } from './report.js';

type PerDraw = readonly (readonly number[])[];

/** evaluation.json of a case with a model. */
export interface EvaluationReference {
  readonly kind: 'evaluation';
  readonly samples: number;
  readonly dimensions: number;
  readonly noise: Readonly<Record<string, readonly NoiseDraw[]>>;
  readonly per_sample: {
    readonly kl: readonly PerDraw[];
    readonly log_q: readonly PerDraw[];
    readonly log_prior: readonly PerDraw[];
    readonly log_p_x: PerDraw;
    readonly log_mass: PerDraw;
  };
  readonly per_image: Readonly<Record<string, readonly number[] | PerDraw>>;
  readonly effective_samples: readonly number[];
  readonly float32_distance: Readonly<Record<string, number>>;
}

/** Reads the folder of a case and compares all its quantities. */
export async function compareEvaluation(folder: string): Promise<Report> {
  const reference = JSON.parse(readFileSync(join(folder, 'evaluation.json'), 'utf8')) as EvaluationReference;
  const { tensors } = await readSafetensors(join(folder, 'evaluation.safetensors'));
  return compare(await loadConfig(join(folder, 'config.yaml')), reference, tensors);
}

async function compare(
  config: NvaeConfig,
  reference: EvaluationReference,
  tensors: NamedTensors,
): Promise<Report> {
  const report = new Report(tensors, reference.float32_distance);
  const weights = [...tensors].filter(([name]) => name.startsWith('param.'));
  const model = Nvae.fromTensors(
    config.model,
    new Map(weights.map(([name, tensor]) => [name.slice('param.'.length), tensor])),
  );
  const pixels = image(tensors, 'input.x');
  try {
    const images = await imagesFromTensor(pixels);
    const sums = new DrawSums(model.plan.groups.length, images.shape[0]);
    const prefixes: Prefixes = { importance_weighted_prefix: [], importance_weighted_prefix_mass: [] };
    const drawn: ImageDraw[] = [];
    const noiseOf = (draw: number) => replay(tensors, reference.noise[`eval.${draw}`] ?? []);
    for await (const draw of drawImages(model, images, { samples: reference.samples, noiseOf })) {
      sums.add(draw);
      const { importanceWeighted, importanceWeightedMass } = sums.result();
      prefixes.importance_weighted_prefix.push(importanceWeighted);
      prefixes.importance_weighted_prefix_mass.push(importanceWeightedMass);
      if (drawn.length === 0) {
        const shape = [...pixels.shape.slice(0, 3), draw.parameters.length / (pixels.size / 3)];
        report.tensor('out.params', 'out.params.0', permute(draw.parameters, shape, [0, 3, 1, 2]));
      }
      drawn.push({ ...draw, parameters: new Float32Array(), more: [] });
    }
    compareDraws(drawn, reference, report);
    compareImages(drawn, sums, prefixes, reference, report);
    return report;
  } finally {
    pixels.dispose();
    model.dispose();
  }
}

type Prefixes = Record<'importance_weighted_prefix' | 'importance_weighted_prefix_mass', Float64Array[]>;

function compareDraws(
  drawn: readonly ImageDraw[],
  { per_sample }: EvaluationReference,
  report: Report,
): void {
  const all = (values: readonly (readonly Float64Array[])[]) => values.flat().flatMap((row) => [...row]);
  report.values('kl', 'kl', all(drawn.map(({ kl }) => kl)), per_sample.kl.flat(2));
  report.values('log_q', 'log_q', all(drawn.map(({ logQ }) => logQ)), per_sample.log_q.flat(2));
  const logPrior = all(drawn.map((draw) => draw.logPrior));
  report.values('log_prior', 'log_prior', logPrior, per_sample.log_prior.flat(2));
  const logLikelihood = all([drawn.map((draw) => draw.logLikelihood)]);
  report.values('log_p', 'log_p_x', logLikelihood, per_sample.log_p_x.flat());
  report.values(
    'log_mass',
    'log_mass',
    all([drawn.map(({ logMass }) => logMass)]),
    per_sample.log_mass.flat(),
  );
}

function compareImages(
  drawn: readonly ImageDraw[],
  sums: DrawSums,
  prefixes: Prefixes,
  { per_image, dimensions }: EvaluationReference,
  report: Report,
): void {
  const result = sums.result();
  const bits = (nats: Float64Array) => nats.map((value) => bitsPerDimension(value, dimensions));
  const got: Readonly<Record<string, Float64Array | readonly Float64Array[]>> = {
    negative_elbo: result.negativeElbo,
    negative_elbo_mass: result.negativeElboMass,
    importance_weighted: result.importanceWeighted,
    importance_weighted_mass: result.importanceWeightedMass,
    bits_negative_elbo: bits(result.negativeElbo),
    bits_negative_elbo_mass: bits(result.negativeElboMass),
    bits_importance_weighted: bits(result.importanceWeighted),
    bits_importance_weighted_mass: bits(result.importanceWeightedMass),
    ...prefixes,
    log_weights: drawn.map(({ logLikelihood, logRatio }) => logLikelihood.map((p, i) => p + logRatio[i]!)),
    log_weights_mass: drawn.map(({ logMass, logRatio }) => logMass.map((p, i) => p + logRatio[i]!)),
  };
  for (const [name, expected] of Object.entries(per_image)) {
    const values = got[name];
    if (!values) throw new RangeError(`per_image.${name}: this quantity is not known`);
    const flat = (rows: typeof values) =>
      rows instanceof Float64Array ? [...rows] : rows.flatMap((row) => [...row]);
    report.values(
      name.startsWith('bits') ? 'bits per dimension' : 'bounds',
      name,
      flat(values),
      expected.flat(),
    );
  }
}
