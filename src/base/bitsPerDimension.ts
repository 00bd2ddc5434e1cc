/**
 * Converts nats per image to bits per dimension, which do not depend on the size of the images.
 * @param nats negative ELBO or another bound, in nats per image
 * @param dimensions number of pixels times their colours, 3 or, for grey images, 1
 * @example
 * const bits = bitsPerDimension(negativeElboMass, 3 * 64 * 64);
 */
export function bitsPerDimension(nats: number, dimensions: number): number {
  return nats / (dimensions * Math.LN2);
}
