/**
 * The probability of an 8-bit value under a logistic distribution on the scale -1 to 1, in float64: sigmoid(b) - sigmoid(a) =
 * sigmoid(b) sigmoid(-a) (1 - exp(a - b)), with nothing to cancel, where a and b are the edges of the value; 0 and 255 own the tails.
 */
import { softplus } from './float64.js';

/** Width of a value on the scale -1 to 1. */
const width = 2 / 255;

/** The mean on the scale -1 to 1, from the raw one. */
export function logisticMean(raw: number): number {
  return Math.min(Math.max(raw, -5), 5);
}

/** The value `level`, 0 to 255, on the scale -1 to 1. */
export function onUnitScale(level: number): number {
  return (2 * level) / 255 - 1;
}

/**
 * Probability of a value; relatively exact until it becomes 0.
 * @param centred distance of the value from the mean, on the scale -1 to 1
 * @param logScale raw log scale
 */
export function logisticMass(centred: number, logScale: number, level: number): number {
  const inverse = Math.exp(-Math.max(logScale, -7));
  if (level === 0) return 1 / (1 + Math.exp((-width / 2 - centred) * inverse));
  const expA = Math.exp((centred - width / 2) * inverse);
  if (level === 255) return 1 / (1 + expA);
  const minusBetween = Math.expm1(-width * inverse);
  return -minusBetween / ((1 + expA) * (1 + (1 + minusBetween) / expA));
}

/** The same in logarithms. */
export function logisticLogMass(centred: number, logScale: number, level: number): number {
  const scale = Math.max(logScale, -7);
  const inverse = Math.exp(-scale);
  const below = level === 0 ? 0 : softplus((centred - width / 2) * inverse);
  const above = level === 255 ? 0 : softplus((-width / 2 - centred) * inverse);
  if (level === 0 || level === 255) return -below - above;
  // for very wide components, 1 - exp(-v) is v, which may be too small for a number
  const between = scale > 40 ? Math.log(width) - scale : Math.log(-Math.expm1(-width * inverse));
  return between - below - above;
}
