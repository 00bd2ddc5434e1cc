/**
 * Likelihoods of mixtures in float64, written from their definition and not from the code under test: log F(upper) -
 * F(lower) from the logarithms of the distribution function in the tail in which both are small.
 */

const smallest = 1e-10;

function logF(z: number): number {
  return z < 0 ? z - Math.log1p(Math.exp(z)) : -Math.log1p(Math.exp(-z));
}

function logSum(values: readonly number[]): number {
  const largest = Math.max(...values);
  return largest + Math.log(values.reduce((sum, value) => sum + Math.exp(value - largest), 0));
}

function softClamp(raw: number): number {
  return 5 * Math.tanh(raw / 5);
}

function clamp(raw: number): number {
  return Math.max(-5, Math.min(5, raw));
}

/**
 * Log probability of a level for one component with this mean on the scale -1 to 1. A level may be a fraction as far from a whole number
 * as float32 is.
 */
function ofComponent(mean: number, rawScale: number, level: number, normalized: boolean): number {
  const scale = Math.exp(Math.max(rawScale, -7));
  const lower = ((2 * level - 1) / 255 - 1 - mean) / scale;
  const upper = ((2 * level + 1) / 255 - 1 - mean) / scale;
  const nearest = Math.round(level);
  if (nearest === 0) return logF(upper);
  // the PyTorch implementation gives the upper tail to 254, too
  if (nearest === 255 || (!normalized && nearest === 254)) return logF(-lower);
  const [a, b] = lower > 0 ? [-upper, -lower] : [lower, upper];
  // For wide components the difference of the logarithms is too small; then the density at the middle is exact enough.
  const middle = (a + b) / 2;
  const between =
    b - a < 1e-4
      ? Math.log(2 / 255) - Math.max(rawScale, -7) + logF(middle) + logF(-middle)
      : logF(b) + Math.log(-Math.expm1(logF(a) - logF(b)));
  return normalized ? between : Math.max(between, Math.log(smallest));
}

/** Log density of a colour in [0, 1] under normal distributions, from k logits, k means and k log scales. */
export function logOfColour(raw: readonly number[], colour: number): number {
  const k = raw.length / 3;
  const logits = raw.slice(0, k).map(softClamp);
  const terms = logits.map((logit, j) => {
    const sigma = Math.exp(softClamp(raw[2 * k + j]!)) + 0.01;
    const distance = (colour - softClamp(raw[k + j]!)) / sigma;
    return logit - distance ** 2 / 2 - Math.log(sigma) - Math.log(2 * Math.PI) / 2;
  });
  return logSum(terms) - logSum(logits);
}

/** Log probability of one level, from k logits, k means and k log scales. */
export function logOfLevel(raw: readonly number[], level: number, normalized: boolean): number {
  const k = raw.length / 3;
  const logits = raw.slice(0, k).map(softClamp);
  const terms = logits.map((logit, j) => {
    return logit + ofComponent(clamp(raw[k + j]!), raw[2 * k + j]!, level, normalized);
  });
  return logSum(terms) - logSum(logits);
}

/**
 * Log probability of the levels of a pixel, from k logits, 3 k means, 3 k log scales and 3 k coefficients. With fewer than three levels, that of
 * the first colours alone.
 */
export function logOfPixel(raw: readonly number[], levels: readonly number[], normalized: boolean): number {
  const k = raw.length / 10;
  const logits = raw.slice(0, k).map(softClamp);
  const [red = 0, green = 0] = levels.map((level) => (2 * level) / 255 - 1);
  const terms = logits.map((logit, j) => {
    const value = (group: number) => raw[group * k + j]!;
    const coefficient = (i: number) => Math.tanh(value(7 + i));
    const before = [0, coefficient(0) * red, coefficient(1) * red + coefficient(2) * green];
    const colours = levels.map((level, c) => {
      return ofComponent(clamp(value(1 + c)) + before[c]!, value(4 + c), level, normalized);
    });
    return colours.reduce((sum, colour) => sum + colour, logit);
  });
  return logSum(terms) - logSum(logits);
}

/** Slopes of f in each of the values, by central differences in float64. */
export function slopesOf(
  f: (values: readonly number[]) => number,
  values: readonly number[],
  step = 1e-5,
): number[] {
  const moved = (i: number, by: number) => f(values.map((value, j) => (i === j ? value + by : value)));
  return values.map((_, i) => (moved(i, step) - moved(i, -step)) / (2 * step));
}
