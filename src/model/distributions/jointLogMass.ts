/** The probability of the 8-bit values of a pixel under a joint mixture of its three colours, in float64. */
import { softClamp } from './float64.js';
import { logisticLogMass, logisticMass, logisticMean, onUnitScale } from './logisticMass.js';

/** Log probability of the pixel whose three values begin at `at`, and whose raw parameters begin at `first`. */
export type PixelLogMass = (
  parameters: Float32Array,
  first: number,
  pixels: Uint8Array,
  at: number,
) => number;

/** Probability, or its logarithm, of the value of a colour. */
type Mass = (centred: number, logScale: number, level: number) => number;

/** A sum of probabilities above this has lost nothing; one below is computed from logarithms. */
const smallestSum = 1e-280;

/** Layout: jointLogisticMixture.ts. */
export function jointLogMass(components: number): PixelLogMass {
  const k = components;

  /** Joins the colours' probabilities for one component, whose logit is at `i`. */
  function ofComponent(
    parameters: Float32Array,
    i: number,
    pixels: Uint8Array,
    at: number,
    mass: Mass,
    join: (red: number, green: number, blue: number) => number,
  ): number {
    const value = (group: number) => parameters[i + group * k]!;
    const red = onUnitScale(pixels[at]!);
    const green = onUnitScale(pixels[at + 1]!);
    const blue = onUnitScale(pixels[at + 2]!);
    const greenMean = logisticMean(value(2)) + Math.tanh(value(7)) * red;
    const blueMean = logisticMean(value(3)) + Math.tanh(value(8)) * red + Math.tanh(value(9)) * green;
    return join(
      mass(red - logisticMean(value(1)), value(4), pixels[at]!),
      mass(green - greenMean, value(5), pixels[at + 1]!),
      mass(blue - blueMean, value(6), pixels[at + 2]!),
    );
  }

  const product = (red: number, green: number, blue: number) => red * green * blue;
  const sum = (red: number, green: number, blue: number) => red + green + blue;

  const inLogarithms: PixelLogMass = (parameters, first, pixels, at) => {
    let largest = Number.NEGATIVE_INFINITY;
    let total = 0;
    let weights = 0;
    for (let i = first; i < first + k; i += 1) {
      const logit = softClamp(parameters[i]!);
      const term = logit + ofComponent(parameters, i, pixels, at, logisticLogMass, sum);
      weights += Math.exp(logit);
      total = term > largest ? total * Math.exp(largest - term) + 1 : total + Math.exp(term - largest);
      largest = Math.max(largest, term);
    }
    return largest + Math.log(total / weights);
  };

  return (parameters, first, pixels, at) => {
    let total = 0;
    let weights = 0;
    for (let i = first; i < first + k; i += 1) {
      const weight = Math.exp(softClamp(parameters[i]!));
      weights += weight;
      total += weight * ofComponent(parameters, i, pixels, at, logisticMass, product);
    }
    return total > smallestSum ? Math.log(total / weights) : inLogarithms(parameters, first, pixels, at);
  };
}
