/**
 * A mixture of discretised logistics for the three colours of a pixel together (PixelCNN++, arXiv 1701.05517, sections 2.1 and 2.2).
 * One component is chosen per pixel. In it, the mean of green depends linearly on red, and the mean of blue on red and green.
 *
 * The raw parameters of a pixel are ten groups of k values, one value per component:
 *
 *     logits | means of red, green, blue | log scales of red, green, blue | coefficients of green on red, blue on red, blue on green
 *
 * All values are on the scale -1 to 1. Logits are clamped softly to +-5, a colour's own mean (without the terms of the colours before) to
 * +-5, log scales from below to -7; the coefficients are the tanh of the raw ones.
 */
import { fusedOperation, softClamp } from '../../engine/ops.js';
import * as tf from '../../engine/tf.js';
import type { Noise } from '../random.js';
import { draws } from '../random.js';
import {
  discretizedLogistic,
  type LikelihoodAttributes,
  logistics,
  rescale,
  standardLogistic,
} from './discretizedLogistic.js';
import { drawComponent, largestLogit, logOfMixture, selectorOf } from './mixture.js';
import { jointParameters, type OutputConfig } from './outputConfig.js';
import type { OutputDistribution } from './outputDistribution.js';

type Three<T> = readonly [T, T, T];

function mapThree<T, R>([a, b, c]: Three<T>, map: (value: T, index: number) => R): Three<R> {
  return [map(a, 0), map(b, 1), map(c, 2)];
}

/** Of N pixels; the tensors of a mixture are `[N, k]`, those of a chosen component `[N, 1]`. */
interface Colours {
  /** Own means of the colours, without the terms of the colours before. */
  readonly own: Three<tf.Tensor2D>;
  readonly logScales: Three<tf.Tensor2D>;
  /** Green on red, blue on red, blue on green. */
  readonly coefficients: Three<tf.Tensor2D>;
}

interface JointMixture extends Colours {
  /** Raw logits `[N, k]`. */
  readonly logits: tf.Tensor2D;
}

/** Splits raw parameters `[N, 10 k]`. */
function jointMixture(rows: tf.Tensor2D): JointMixture {
  const [logits, ...parts] = tf.split(rows, jointParameters, 1) as [tf.Tensor2D, ...tf.Tensor2D[]];
  const three = (first: number) => mapThree([first, first + 1, first + 2], (part) => parts[part]!);
  const logScales = three(3);
  const clamped = mapThree(three(0), (means, colour) => logistics(means, logScales[colour]!));
  return {
    logits,
    own: mapThree(clamped, ({ mu }) => mu),
    logScales: mapThree(clamped, ({ logScale }) => logScale),
    coefficients: mapThree(three(6), (raw) => tf.tanh(raw)),
  };
}

/** Returns the three colours in their order. `next` makes one from its mean, which depends on what it made before. */
function inOrder(
  { own: [red, green, blue], coefficients }: Colours,
  next: (mean: tf.Tensor2D, colour: number) => readonly [value: tf.Tensor, forLater: tf.Tensor],
): Three<tf.Tensor> {
  const [r, seenRed] = next(red, 0);
  const [g, seenGreen] = next(tf.add(green, tf.mul(coefficients[0], seenRed)), 1);
  const ofRed: tf.Tensor2D = tf.add(blue, tf.mul(coefficients[1], seenRed));
  const [b] = next(tf.add(ofRed, tf.mul(coefficients[2], seenGreen)), 2);
  return [r, g, b];
}

const logProbOfPixels = fusedOperation<tf.Tensor1D>({
  name: 'JointLogisticMixtureLogProb',
  inputs: ['parameters', 'x'],
  differentiableIn: 'parameters',
  body: ({ parameters, x }, attributes) => {
    const mixture = jointMixture(parameters as tf.Tensor2D);
    const colours = tf.split(x as tf.Tensor2D, 3, 1) as [tf.Tensor2D, tf.Tensor2D, tf.Tensor2D];
    const parts = inOrder(mixture, (mean, colour) => {
      const u = tf.sub(tf.mul(colours[colour]!, 2), 1);
      const logScale = mixture.logScales[colour]!;
      return [discretizedLogistic(tf.sub(u, mean), logScale, colours[colour]!, attributes), u];
    });
    return logOfMixture(softClamp(mixture.logits), tf.addN([...parts]) as tf.Tensor2D);
  },
});

/**
 * Log probability `[N]` of the pixels x `[N, 3]` in [0, 1], from raw parameters `[N, 10 k]`. Differentiable in the parameters. The means
 * depend on the true colours.
 */
export function jointLogisticMixtureLogProb(
  parameters: tf.Tensor2D,
  x: tf.Tensor2D,
  attributes: LikelihoodAttributes = {},
): tf.Tensor1D {
  return logProbOfPixels({ parameters, x }, { ...attributes });
}

/**
 * - The mean is that of the mixture: of the means of its components, weighted by their probabilities. Within a component, the mean of a colour
 *   depends on the means of the colours before, as far as they are within -1 to 1.
 * - The most likely value is the same for the component with the largest logit alone.
 * - A sample draws a component, then one colour after the other. A colour depends on the 8-bit values of the colours drawn before, so the
 *   pixel that is seen has exactly the probability that the model gives to it.
 */
export function jointLogisticMixture(
  parameters: tf.Tensor4D,
  { normalizedLikelihood: normalized }: OutputConfig,
): OutputDistribution {
  const [batch, height, width, channels] = parameters.shape;
  const pixels = batch * height * width;
  const rows = () => tf.reshape(parameters, [pixels, channels]) as tf.Tensor2D;
  const image = (colours: Three<tf.Tensor>) =>
    rescale(tf.reshape(tf.concat([...colours], 1), [batch, height, width, 3])) as tf.Tensor4D;
  return {
    logProb: (x) => {
      const logProb = jointLogisticMixtureLogProb(rows(), tf.reshape(x, [pixels, 3]), { normalized });
      return tf.reshape(logProb, [batch, height, width, 1]);
    },
    mean: () => {
      const mixture = jointMixture(rows());
      const weights = tf.softmax(softClamp(mixture.logits));
      return image(mapThree(meansOf(mixture), (mean) => tf.sum(tf.mul(weights, mean), 1, true)));
    },
    mostLikelyValue: () => {
      const mixture = jointMixture(rows());
      return image(meansOf(chosen(mixture, largestLogit(mixture.logits))));
    },
    sample: (noise) => {
      const mixture = jointMixture(rows());
      const logistic = tf.split(standardLogistic(noise.uniform(draws.outputValue, [pixels, 3])), 3, 1);
      return image(sampled(chosen(mixture, drawn(mixture, noise)), logistic));
    },
  };
}

function drawn({ logits }: JointMixture, noise: Noise): tf.Tensor1D {
  return drawComponent(softClamp(logits), noise);
}

/** One component per pixel, from indices `[N]`. */
function chosen({ own, logScales, coefficients }: JointMixture, component: tf.Tensor1D): Colours {
  const selector = selectorOf(component, own[0].shape[1]);
  const choose = (values: Three<tf.Tensor2D>) =>
    mapThree(values, (value) => tf.sum<tf.Tensor2D>(tf.mul(value, selector), 1, true));
  return { own: choose(own), logScales: choose(logScales), coefficients: choose(coefficients) };
}

function meansOf(colours: Colours): Three<tf.Tensor> {
  return inOrder(colours, (mean) => [mean, tf.clipByValue(mean, -1, 1)]);
}

/** Colours of chosen components; `logistic` has noise of the standard logistic distribution, `[N, 1]` per colour. */
function sampled(colours: Colours, logistic: readonly tf.Tensor[]): Three<tf.Tensor> {
  return inOrder(colours, (mean, colour) => {
    const value = tf.add(mean, tf.mul(tf.exp(colours.logScales[colour]!), logistic[colour]!));
    return [value, as8Bit(value)];
  });
}

/** The 8-bit value of a colour, on the scale -1 to 1. */
function as8Bit(value: tf.Tensor): tf.Tensor {
  const level = tf.round(tf.mul(rescale(tf.clipByValue(value, -1, 1)), 255));
  return tf.sub(tf.mul(level, 2 / 255), 1);
}
