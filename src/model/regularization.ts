/**
 * Keeps the network smooth. The terms are the largest |gamma| of every batch normalisation and, for the convolutions of all cells and
 * the samplers, either an estimate of the squared largest singular value, or the largest singular value from power iterations that go
 * on from step to step (`SpectralVectors`).
 */
import { largestMagnitudes, type SpectralWeight, spectralPenalties } from '../engine/ops.js';
import * as tf from '../engine/tf.js';
import type { ProcessGroup } from '../group/processGroup.js';
import type { SpectralLayer } from './layers/convolution.js';
import type { Pass } from './pass.js';
import type { ModelPlan } from './plan.js';
import { cellsOf } from './plan.js';
import type { Noise } from './random.js';
import { draws } from './random.js';
import { spectralLayers, spectralWeights } from './spectralLayers.js';
import type { SpectralVectors } from './spectralVectors.js';

/**
 * Returns the sum of all terms, a scalar, before it is multiplied by its constant. A rank's share of the estimates has some of them; the
 * sum over the ranks has all.
 */
export function regularization(
  pass: Pass,
  plan: ModelPlan,
  noise: Noise,
  share?: Pick<ProcessGroup, 'rank' | 'size'>,
): tf.Scalar {
  const weights = spectralWeights(pass, plan);
  const layers = spectralLayers(plan);
  const own = share ? ownLayers(layers, share) : [...layers.keys()];
  const terms = own.map((i) => spectralWeight(weights[i]!, layers[i]!, noise));
  const spectral = terms.length > 0 ? spectralPenalties(terms) : tf.scalar(0);
  return share && share.rank > 0 ? spectral : tf.add(largestMagnitudes(gammasOf(pass, plan)), spectral);
}

/** The same with power iterations that go on from these vectors. */
export function iteratedRegularization(
  pass: Pass,
  plan: ModelPlan,
  noise: Noise,
  vectors: SpectralVectors,
): tf.Scalar {
  return tf.add(largestMagnitudes(gammasOf(pass, plan)), vectors.norms(spectralWeights(pass, plan), noise));
}

function gammasOf(pass: Pass, plan: ModelPlan): tf.Tensor[] {
  return cellsOf(plan)
    .flatMap((cell) => cell.batchNorms)
    .map(({ name }) => pass.store.parameter(`${name}.weight`));
}

/** Indices of this rank's layers, in their order. The largest is taken first, by the rank that has least so far. */
function ownLayers(
  layers: readonly SpectralLayer[],
  { rank, size }: Pick<ProcessGroup, 'rank' | 'size'>,
): number[] {
  const sizes = layers.map(({ shape }) => tf.util.sizeFromShape([...shape]));
  const loads = new Array<number>(size).fill(0);
  const bySize = [...layers.keys()].sort((a, b) => sizes[b]! - sizes[a]!);
  const own = bySize.filter((i) => {
    const taker = loads.indexOf(Math.min(...loads));
    loads[taker]! += sizes[i]!;
    return taker === rank;
  });
  return own.sort((a, b) => a - b);
}

/** Returns a layer with its random start vector. */
function spectralWeight(
  weight: tf.Tensor,
  { name, layout, shape }: SpectralLayer,
  noise: Noise,
): SpectralWeight {
  const [height = 1, width = 1] = shape;
  const inputs = layout === 'depthwise' ? 1 : (shape[2] ?? 1);
  return { weight, start: noise.normalValues(draws.spectral(name), inputs * height * width), inputs };
}
