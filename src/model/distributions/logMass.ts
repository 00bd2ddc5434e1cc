/**
 * The probability of the 8-bit value of a colour, in float64 outside the engine: the integral of the output distribution from
 * half a value below to half a value above; 0 and 255 own the tails. The probabilities of the 256 values add up to 1, so
 * models with different output distributions can be compared. `bernoulli` has probabilities for 0 and 255 only.
 */
import { softClamp, softplus } from './float64.js';
import { jointLogMass, type PixelLogMass } from './jointLogMass.js';
import { logisticLogMass, logisticMass, logisticMean, onUnitScale } from './logisticMass.js';
import { logNormalProbability, normalProbability } from './normalTail.js';
import { type OutputConfig, outputChannels } from './outputConfig.js';

/** Log probability of the value `level` (0 to 255) of one colour, whose raw parameters begin at `first`. */
export type ColourLogMass = (parameters: Float32Array, first: number, level: number) => number;

/** Probability of a value for one component with the raw parameters; relatively exact until it becomes 0. */
type Mass = (mean: number, logScale: number, level: number) => number;

/** A sum of probabilities above this has lost nothing; one below is computed from logarithms. */
const smallestSum = 1e-280;
const sigmaFloor = 0.01;

const ofLogistic: Mass = (mean, logScale, level) =>
  logisticMass(onUnitScale(level) - logisticMean(mean), logScale, level);

/** The same in logarithms. */
const ofLogisticInLogarithms: Mass = (mean, logScale, level) =>
  logisticLogMass(onUnitScale(level) - logisticMean(mean), logScale, level);

const normalMass: Mass = (mean, logScale, level) => {
  const mu = softClamp(mean);
  const inverse = 1 / (Math.exp(softClamp(logScale)) + sigmaFloor);
  const low = ((level - 0.5) / 255 - mu) * inverse;
  const high = ((level + 0.5) / 255 - mu) * inverse;
  if (level === 0) return normalProbability(high);
  if (level === 255) return normalProbability(-low);
  // in the lower tail, where Phi is relatively exact
  return low > 0
    ? normalProbability(-low) - normalProbability(-high)
    : normalProbability(high) - normalProbability(low);
};

const normalLogMass: Mass = (mean, logScale, level) => {
  const mu = softClamp(mean);
  const inverse = 1 / (Math.exp(softClamp(logScale)) + sigmaFloor);
  const low = ((level - 0.5) / 255 - mu) * inverse;
  const high = ((level + 0.5) / 255 - mu) * inverse;
  if (level === 0) return logNormalProbability(high);
  if (level === 255) return logNormalProbability(-low);
  const [a, b] = low > 0 ? [-high, -low] : [low, high];
  const upper = logNormalProbability(b);
  return upper + Math.log(-Math.expm1(logNormalProbability(a) - upper));
};

/** k logits, k means and k log scales per colour. */
function mixtureLogMass(components: number, mass: Mass, logMass: Mass): ColourLogMass {
  const inLogarithms: ColourLogMass = (parameters, first, level) => {
    let [largest, sum, weights] = [Number.NEGATIVE_INFINITY, 0, 0];
    for (let i = first; i < first + components; i += 1) {
      const logit = softClamp(parameters[i]!);
      const term = logit + logMass(parameters[i + components]!, parameters[i + 2 * components]!, level);
      weights += Math.exp(logit);
      sum = term > largest ? sum * Math.exp(largest - term) + 1 : sum + Math.exp(term - largest);
      largest = Math.max(largest, term);
    }
    return largest + Math.log(sum / weights);
  };
  return (parameters, first, level) => {
    let [sum, weights] = [0, 0];
    for (let i = first; i < first + components; i += 1) {
      const weight = Math.exp(softClamp(parameters[i]!));
      weights += weight;
      sum += weight * mass(parameters[i + components]!, parameters[i + 2 * components]!, level);
    }
    return sum > smallestSum ? Math.log(sum / weights) : inLogarithms(parameters, first, level);
  };
}

/** The means of all colours come first, then their log standard deviations. */
function gaussianLogMass(colours: number): ColourLogMass {
  return (parameters, first, level) => {
    const [mean, logScale] = [parameters[first]!, parameters[first + colours]!];
    const mass = normalMass(mean, logScale, level);
    return mass > smallestSum ? Math.log(mass) : normalLogMass(mean, logScale, level);
  };
}

/** The logit of 255. */
const bernoulliLogMass: ColourLogMass = (parameters, first, level) =>
  -softplus(level === 0 ? parameters[first]! : -parameters[first]!);

/** Returns the log probability of one colour's value. With `jointColours` there is none, but `jointLogMass`. */
export function colourLogMass({ samplingMethod, nMix, imageChannels }: OutputConfig): ColourLogMass {
  if (samplingMethod === 'bernoulli') return bernoulliLogMass;
  if (samplingMethod === 'gaussian') return gaussianLogMass(imageChannels);
  return samplingMethod === 'gaussian_mixture'
    ? mixtureLogMass(nMix, normalMass, normalLogMass)
    : mixtureLogMass(nMix, ofLogistic, ofLogisticInLogarithms);
}

/**
 * Returns the log probability of each image, summed over the colours of its pixels, in nats.
 * @param config chooses the output distribution
 * @param parameters raw parameters `[B, H, W, outputChannels]`
 * @param pixels the images in bytes, `[B, H, W, imageChannels]`
 * @param images B
 * @throws RangeError when the distribution is `bernoulli` and a value is neither 0 nor 255
 */
export function logMassOfImages(
  config: OutputConfig,
  parameters: Float32Array,
  pixels: Uint8Array,
  images: number,
): Float64Array {
  if (config.samplingMethod === 'bernoulli') checkBinary(pixels);
  const colours = config.imageChannels;
  const channels = outputChannels(config);
  if (config.jointColours) return ofPixels(jointLogMass(config.nMix), channels, parameters, pixels, images);
  const colour = colourLogMass(config);
  const perColour = config.samplingMethod === 'gaussian' ? 1 : channels / colours;
  const perImage = pixels.length / images;
  const sums = new Float64Array(images);
  for (let image = 0, i = 0; image < images; image += 1) {
    let sum = 0;
    for (const end = i + perImage; i < end; i += colours) {
      const first = (i / colours) * channels;
      for (let c = 0; c < colours; c += 1) sum += colour(parameters, first + c * perColour, pixels[i + c]!);
    }
    sums[image] = sum;
  }
  return sums;
}

function checkBinary(pixels: Uint8Array): void {
  const value = pixels.find((level) => level !== 0 && level !== 255);
  if (value === undefined) return;
  const remedy = 'make the images binary first, with binarizedImages';
  throw new RangeError(`images: expected the values 0 and 255 for bernoulli, got ${value}; ${remedy}`);
}

/** The same for three colours together. */
function ofPixels(
  logMass: PixelLogMass,
  channels: number,
  parameters: Float32Array,
  pixels: Uint8Array,
  images: number,
): Float64Array {
  const perImage = pixels.length / images;
  const sums = new Float64Array(images);
  for (let at = 0; at < pixels.length; at += 3) {
    sums[Math.floor(at / perImage)]! += logMass(parameters, (at / 3) * channels, pixels, at);
  }
  return sums;
}
