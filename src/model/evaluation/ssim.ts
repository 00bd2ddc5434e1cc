/** Size and standard deviation of the window, and the constants of Wang et al. 2004 for values from 0 to 1. */
const [windowSize, deviation] = [11, 1.5];
const [c1, c2] = [0.01 ** 2, 0.03 ** 2];

/**
 * Structural similarity of two images (Wang et al. 2004): mean over all positions of a Gaussian window of 11x11 pixels inside the
 * image, and over the colours. In images smaller than the window, the window is the largest that fits.
 * @param first values `[size, size, colours]` from 0 to 1
 * @param second another image of this size
 * @returns 1 for equal images, otherwise less
 */
export function ssim(first: ArrayLike<number>, second: ArrayLike<number>, size: number, colours = 3): number {
  const weights = gaussianWindow(Math.min(windowSize, size % 2 === 0 ? size - 1 : size));
  const places = size - weights.length + 1;
  const [a, b] = [new Float64Array(size * size), new Float64Array(size * size)];
  let sum = 0;
  for (let colour = 0; colour < colours; colour += 1) {
    for (let i = 0; i < a.length; i += 1) {
      a[i] = first[colours * i + colour]!;
      b[i] = second[colours * i + colour]!;
    }
    const [meanA, meanB] = [smooth(a, size, weights), smooth(b, size, weights)];
    const squares = smooth(
      a.map((value, i) => value * value + b[i]! * b[i]!),
      size,
      weights,
    );
    const products = smooth(
      a.map((value, i) => value * b[i]!),
      size,
      weights,
    );
    for (let i = 0; i < places * places; i += 1) {
      const [squaredMeans, product] = [meanA[i]! ** 2 + meanB[i]! ** 2, meanA[i]! * meanB[i]!];
      const [variances, covariance] = [squares[i]! - squaredMeans, products[i]! - product];
      sum += ((2 * product + c1) * (2 * covariance + c2)) / ((squaredMeans + c1) * (variances + c2));
    }
  }
  return sum / (colours * places * places);
}

function gaussianWindow(length: number): Float64Array {
  const centre = (length - 1) / 2;
  const weights = new Float64Array(length).map((_, i) => Math.exp(-0.5 * ((i - centre) / deviation) ** 2));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => weight / total);
}

/** Weighted means over every window inside the image, along rows and then along columns. */
function smooth(values: Float64Array, size: number, weights: Float64Array): Float64Array {
  const places = size - weights.length + 1;
  const rows = new Float64Array(size * places);
  for (let y = 0; y < size; y += 1) {
    for (let x = 0; x < places; x += 1) {
      let sum = 0;
      for (let k = 0; k < weights.length; k += 1) sum += weights[k]! * values[y * size + x + k]!;
      rows[y * places + x] = sum;
    }
  }
  const means = new Float64Array(places * places);
  for (let k = 0; k < weights.length; k += 1) {
    const weight = weights[k]!;
    for (let i = 0; i < means.length; i += 1) means[i]! += weight * rows[k * places + i]!;
  }
  return means;
}
